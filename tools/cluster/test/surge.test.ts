import { INVARIANTS, type Results } from '@headroom/invariants/check'
import { reportText } from '@headroom/invariants/report-text'
import { parseCommand } from '@headroom/load/flags'
import t from 'tap'
import { loadJobManifest, surgeFlags } from '../surge-job.ts'
import { readInvariants, readLoadLine } from '../surge-output.ts'

const flags = surgeFlags({ rate: 20, factor: 5, calmS: 30, surgeS: 150, afterS: 240 })

t.test('the load generator understands the flags of the surge', async (t) => {
  const { stages } = parseCommand(['http://headroom-gateway:3000', ...flags]).load
  t.same(stages, [
    { name: 'calm', durationS: 30, ratePerS: 20 },
    { name: 'surge', durationS: 150, ratePerS: 100 },
    { name: 'after', durationS: 240, ratePerS: 20 },
  ])
})

t.test('the Job gets images by tag, and the flags behind the target', async (t) => {
  const { spec } = await loadJobManifest(flags, { registry: 'r.example', tag: 'abc' })
  const [load] = spec.template.spec.initContainers
  const [invariants] = spec.template.spec.containers
  t.equal(load?.image, 'r.example/headroom/load:abc')
  t.equal(invariants?.image, 'r.example/headroom/invariants:abc')
  const [main, ...args] = load?.args ?? []
  t.equal(main, 'main.ts')
  const command = parseCommand(args)
  t.equal(command.load.url, 'http://headroom-gateway:3000')
  t.equal(invariants?.args[invariants.args.indexOf('--acks') + 1], command.acks, 'the check reads what the load wrote')
})

t.test('lines of load: samples, the summary, words for people', async (t) => {
  t.match(readLoadLine('{"t":3,"stage":"calm","p50Ms":null,"p99Ms":7}'), { sample: { t: 3, stage: 'calm', p50Ms: 0, p99Ms: 7 } })
  t.match(readLoadLine('{"summary":{"startedAt":"x"}}'), { summary: { startedAt: 'x' } })
  t.equal(readLoadLine('offered 20, ok 20'), undefined)
})

t.test('the report of the checker is read as it is written, broken invariants and their rows included', async (t) => {
  const entries = Object.keys(INVARIANTS).map((name, index) => {
    const violations = index === 1 ? [{ row: 'ticket 7', problem: 'in two orders' }] : []
    return [name, { holds: index !== 1, checked: 10 * index, violationCount: violations.length, violations }]
  })
  const found = readInvariants(reportText(Object.fromEntries(entries) as Results).split('\n'))
  t.same(Object.keys(found), Object.keys(INVARIANTS))
  t.same(found.I2, { holds: false, checked: 10 })
  t.same(found.I3, { holds: true, checked: 20 })
})
