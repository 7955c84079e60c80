import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import t from 'tap'
import type { Sample, ServiceSample } from '../sample.ts'
import { type Run, refusedShareAtEnd, summarize, writeRun } from '../summary.ts'
import { commonVerdicts, scaledVerdicts, verdictText } from '../verdict.ts'

const schema = JSON.parse(readFileSync(new URL('../summary.schema.json', import.meta.url), 'utf8'))
const valid = new Ajv({ allowUnionTypes: true }).compile(schema)

const service = (ready: number): ServiceSample => ({
  current: ready,
  desired: ready,
  ready,
  cpuPercent: 50,
  targetPercent: 60,
  requestsPerS: 10,
  p99Ms: 12,
  shedPerS: 0,
  failedPerS: 0,
})
const load = (stage: string, shed: number) => ({
  stage,
  offered: 100,
  ok: 100 - shed,
  refused: 0,
  limited: 0,
  shed,
  failed: 0,
  p50Ms: 5,
  p99Ms: 20,
})
const samples: Sample[] = [1, 3, 4, 4, 2, 1].map((ready, atS) => ({
  atS,
  load: load(atS > 0 && atS < 5 ? 'surge' : 'calm', atS === 1 ? 40 : 0),
  services: { orders: service(ready), catalog: service(1) },
}))
const run: Run = {
  engine: 'local',
  load: {
    startedAt: '2026-11-22T10:00:00.000Z',
    stages: [{ name: 'surge', durationS: 4, ratePerS: 100 }],
    requests: { offered: 600, ok: 560, refused: 0, limited: 0, shed: 40, failed: 0 },
    orders: { attempted: 100, confirmed: 95 },
    latencyMs: { p50: 5, p95: 10, p99: 20, max: 30 },
  },
  samples,
  decisions: [
    { atS: 3, service: 'orders', from: 3, to: 4, reason: 'CPU, "hot"' },
    { atS: 1, service: 'orders', from: 1, to: 3, reason: 'CPU at 173 %' },
  ],
  invariants: { I1: { holds: true, checked: 10 } },
}

t.test('a summary keeps its schema and sorts the decisions of each service', async (t) => {
  const summary = summarize(run)
  t.ok(valid(summary), JSON.stringify(valid.errors))
  t.same(summary.services.orders?.replicas, { min: 1, max: 4, final: 1 })
  t.same(
    summary.services.orders?.decisions.map(({ to }) => to),
    [3, 4],
  )
  t.notOk(valid({ ...summary, engine: 'other' }), 'the schema refuses what it does not know')
  t.notOk(valid({ ...summary, extra: 1 }))
})

t.test('a run without samples is refused', async (t) => {
  t.throws(() => summarize({ ...run, samples: [] }), /no samples/)
})

t.test('the share turned away is that of the last third', async (t) => {
  t.equal(refusedShareAtEnd(samples, 'surge'), 0)
  t.equal(refusedShareAtEnd(samples.slice(0, 2), 'surge'), 0.4)
  t.equal(refusedShareAtEnd([], 'surge'), null)
})

t.test('verdicts follow the figures', async (t) => {
  const good = summarize(run)
  t.ok(
    [...commonVerdicts(good, samples), ...scaledVerdicts(good, samples, [['orders'], ['catalog', 'orders']], 2)].every(
      ({ holds }) => holds,
    ),
  )
  const cases: [string, Partial<typeof good>][] = [
    ['no request failed', { requests: { ...good.requests, failed: 1 } }],
    ['at least 90 %', { orders: { attempted: 100, confirmed: 89 } }],
    ['all invariants hold', { invariants: { I1: { holds: false, checked: 1 } } }],
    ['all invariants hold', { invariants: {} }],
  ]
  for (const [limit, change] of cases) {
    const broken = commonVerdicts({ ...good, ...change }, samples).filter(({ holds }) => !holds)
    t.match(broken, [{ limit: new RegExp(`^${limit}`) }])
    t.match(verdictText(broken), /^FAIL/)
  }
  t.notOk(scaledVerdicts(good, samples, [['catalog']], 2)[0]?.holds, 'one that did not grow')
  const stuck = { ...good, services: { orders: { replicas: { min: 1, max: 4, final: 2 }, decisions: [] } } }
  t.notOk(scaledVerdicts(stuck, samples, [['orders']], 2)[0]?.holds, 'one that did not come back')
})

t.test('what grew in the calm is no answer to the surge', async (t) => {
  const sizes = [1, 4, 4, 4, 4, 1]
  const early: Sample[] = sizes.map((ready, atS) => ({
    atS,
    load: load(atS === 3 || atS === 4 ? 'surge' : 'calm', 0),
    services: { orders: service(ready) },
  }))
  const summary = summarize({ ...run, samples: early })
  t.same(summary.services.orders?.replicas, { min: 1, max: 4, final: 1 })
  t.match(scaledVerdicts(summary, early, [['orders']], 2), [{ holds: false, figure: 'orders 4 -> 4 -> 1' }])
  // Not ready yet at the step, but wanted before it.
  const coming = early.map((sample) => (sample.atS > 3 ? sample : { ...sample, services: { orders: { ...service(1), current: 4 } } }))
  t.match(scaledVerdicts(summarize({ ...run, samples: coming }), coming, [['orders']], 2), [{ holds: false }])
})

t.test('a run without a surge proves nothing about one', async (t) => {
  const calm = samples.map((sample) => ({ ...sample, load: load('calm', 0) }))
  const verdicts = [...commonVerdicts(summarize(run), calm), ...scaledVerdicts(summarize(run), calm, [['orders']], 2)]
  t.match(
    verdicts.filter(({ holds }) => !holds),
    [
      { limit: /last third of the surge/, figure: 'there was no surge' },
      { limit: /orders up by 2/, figure: 'there was no surge' },
    ],
  )
})

t.test('the run is written, and the timeline is a CSV that quotes', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  await writeRun(folder, run)
  t.ok(valid(JSON.parse(readFileSync(join(folder, 'summary.json'), 'utf8'))))
  const rows = readFileSync(join(folder, 'timeline.csv'), 'utf8').split('\r\n')
  t.equal(rows.length, samples.length + 2)
  t.match(rows[0], /^atS,stage,offered,.*catalog\.current.*orders\.failedPerS,decisions$/)
  t.match(rows[4], /"orders 3 -> 4: CPU, ""hot"""$/)
})
