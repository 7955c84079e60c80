import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { runReport } from '../report.ts'
import { folderOf, recorded, synthesize } from './synthetic.ts'

function run(...args: string[]) {
  let out = ''
  let error = ''
  const code = runReport(args, { out: (text) => (out += text), error: (text) => (error += text) })
  return { code, out, error }
}

/** Every figure different every second, as in a run: nothing to write only once. */
function noisy(made: ReturnType<typeof synthesize>) {
  let state = 1
  const around = (value: number) => {
    state = (state * 48_271) % 2_147_483_647
    return value * (0.8 + (0.4 * state) / 2_147_483_647)
  }
  for (const { load, services } of made.samples) {
    if (load) Object.assign(load, { p50Ms: around(load.p50Ms), p99Ms: around(load.p99Ms), offered: Math.round(around(load.offered)) })
    for (const service of Object.values(services)) service.cpuPercent = around(service.cpuPercent ?? 0)
  }
  return made
}

const read = (...path: string[]) => readFileSync(join(...path), 'utf8')

function fileOf(t: Test, text: string): string {
  const path = join(folderOf(t), 'file.yaml')
  writeFileSync(path, text)
  return path
}

t.test('a report of a run that keeps every limit ends with 0', async (t) => {
  const folder = await recorded(t)
  const { code, out, error } = run(folder)
  t.match({ code, error }, { code: 0, error: '' })
  t.match(out, /^pass {2}no request failed \(0 of 4200\)$/m)
  const report = JSON.parse(read(folder, 'report.json'))
  t.match(report, { format: 'headroom-report', version: 1, holds: true, orders: { confirmed: 195 }, speed: 8 })
  t.match(report.services.gateway, { capacityPerPod: 37.5, agreement: { agreePercent: 100 }, startUp: { medianS: 2 } })
  t.match(read(folder, 'report.csv'), /^atS,stage,offered,/)
  t.match(read(folder, 'report.html'), /All 7 limits hold/)
})

t.test('a limit that does not hold ends with 1 and is told', async (t) => {
  const folder = await recorded(t)
  const limits = fileOf(t, 'firstDecisionSMax: 0.5\nstartUpSMax: 3\nshortageSMax: 0\noracleRatioMax: 9\np99BackSMax: 6\nfirstReadySMax: 5')
  const { code, out } = run(folder, '--limits', limits)
  t.equal(code, 1)
  t.match(out, /^FAIL {2}first decision within 0\.5 s of each step \(surge 0\.9 s\)$/m)
  t.match(out, /^pass {2}start-up at most 3 s \(\w+ 2 s\)$/m)
  t.match(out, /^FAIL {2}short of the oracle at most 0 s \(inventory 30 s\)$/m)
  t.match(out, /^pass {2}p99 back under 1000 ms within 6 s of each step \(surge 6 s\)$/m)
  t.match(read(folder, 'report.html'), /2 of 13 limits do not hold/)
})

t.test('a run that was cut off has a report that says so and does not hold', async (t) => {
  const folder = await recorded(t)
  const path = join(folder, 'recording.ndjson')
  const lines = read(path).split('\n')
  writeFileSync(path, `${lines.slice(0, -2).join('\n')}\n{"type":"end","atS":90,"lo`)
  const { code, out } = run(folder)
  t.equal(code, 1)
  t.match(out, /^warning: line \d+ is cut off, as by a crash, and is left out$/m)
  t.match(out, /^FAIL {2}all invariants hold/m)
  t.match(JSON.parse(read(folder, 'report.json')), { orders: null, latencyMs: null, requests: { offered: 4200 } })
  t.match(read(folder, 'report.html'), /class="warning">the recording has no end/)
})

t.test('a recording that cannot be used ends with 64 and leaves an earlier report alone', async (t) => {
  const folder = await recorded(t)
  run(folder)
  const before = read(folder, 'report.html')
  const path = join(folder, 'recording.ndjson')
  writeFileSync(path, read(path).replace('"type":"sample"', '"type":"simple"'))
  const { code, out, error } = run(folder)
  t.match({ code, out }, { code: 64, out: '' })
  t.match(error, /line \d+: a "simple" has no place here; remove line/)
  t.equal(read(folder, 'report.html'), before)
  t.equal(run(join(folder, 'none')).code, 64)
})

t.test('a mistake in what is asked ends with 2', async (t) => {
  const folder = await recorded(t)
  const cases: [RegExp, string[]][] = [
    [/name one folder of a recorded run.*not 0; --help/, []],
    [/--compare takes two folders, not 1/, ['--compare', folder]],
    [/Unknown option '--limit'/, [folder, '--limit', 'x']],
    [/speedy is not known/, [folder, '--limits', fileOf(t, 'speedy: 1')]],
    [/policies\[0\]\.cpu is not known/, [folder, '--policy', fileOf(t, '- {name: x, cpu: 1}')]],
    [/cannot be written \((EEXIST|ENOTDIR)\)/, [folder, '--out', join(folder, 'recording.ndjson')]],
  ]
  for (const [sentence, args] of cases) t.match(run(...args), { code: 2, error: sentence, out: '' })
  t.notOk(existsSync(join(folder, 'report.html')), 'nothing was written')
  t.match(run('--help'), { code: 0, out: /^Usage: npm run report/ })
})

t.test('the variants of a policy file stand beside what ruled', async (t) => {
  const folder = await recorded(t)
  t.equal(run(folder, '--policy', fileOf(t, '- {name: two at least, minReplicas: 2}'), '--out', join(folder, 'other')).code, 0)
  const { services } = JSON.parse(read(folder, 'other', 'report.json'))
  t.match(services.gateway.outcomes, [{ policy: 'as it ruled' }, { policy: 'two at least', replicaSeconds: Number }])
  t.equal(services.payments.outcomes.length, 0)
})

t.test('two runs are compared, figure by figure', async (t) => {
  const [a, b] = [await recorded(t), await recorded(t, synthesize({ surgePerS: 90 }))]
  const out = join(folderOf(t), 'compare')
  t.equal(run('--compare', a, b, '--out', out).code, 0)
  const comparison = JSON.parse(read(out, 'compare.json'))
  t.match(comparison, { format: 'headroom-comparison', a: { name: a, holds: true }, b: { name: b } })
  t.strictSame(comparison.run.offered, { a: 4200, b: 3900, change: -300 })
  const { a: left, b: right, change } = comparison.services.orders['replica-seconds']
  t.equal(change, right - left)
  const html = read(out, 'compare.html')
  for (const text of ['A: ', 'B: ', 'gateway: replicas', 'B less A']) t.match(html, text)
  run('--compare', a, b, '--out', join(out, 'again'))
  for (const name of ['compare.html', 'compare.json']) t.equal(read(out, 'again', name), read(out, name), `the same bytes of ${name}`)
  t.equal(run('--compare', a, b, '--out', out, '--limits', fileOf(t, 'shortageSMax: 29')).code, 1, 'one of them fails')
})

t.test('a quarter of an hour of seven services: below 3 s, below 1.5 MB, the same bytes twice', async (t) => {
  const folder = await recorded(t, noisy(synthesize({ seconds: 900, speed: 8, surgePerS: 130 })))
  const beganMs = performance.now()
  t.equal(run(folder).code, 0)
  const tookMs = performance.now() - beganMs
  t.ok(tookMs < 3000, `${Math.round(tookMs)} ms`)
  const size = statSync(join(folder, 'report.html')).size
  t.ok(size < 1.5e6, `${size} bytes`)
  const first = ['report.html', 'report.json', 'report.csv'].map((name) => read(folder, name))
  run(folder)
  t.strictSame(
    ['report.html', 'report.json', 'report.csv'].map((name) => read(folder, name)),
    first,
  )
})
