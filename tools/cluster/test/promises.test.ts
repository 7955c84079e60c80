import type { Sample } from '@headroom/report/sample'
import { summarize } from '@headroom/report/summary'
import t from 'tap'
import { backAfterS, clusterVerdicts } from '../promises.ts'

const service = (current: number) => ({
  current,
  desired: current,
  ready: current,
  cpuPercent: 50,
  targetPercent: 60,
  requestsPerS: 1,
  p99Ms: 5,
  shedPerS: 0,
  failedPerS: 0,
})
const load = { offered: 10, ok: 10, refused: 0, limited: 0, shed: 0, failed: 0, p50Ms: 2, p99Ms: 9, stage: 'surge' }
const at = (atS: number, gateway: number, orders: number): Sample => ({
  atS,
  load,
  services: { gateway: service(gateway), orders: service(orders) },
})
const minimum = new Map([
  ['gateway', 1],
  ['orders', 1],
])

/** The verdicts of a run whose services had these sizes. */
function verdicts(samples: Sample[], back: number | null) {
  const requests = { offered: 100, ok: 100, refused: 0, limited: 0, shed: 0, failed: 0 }
  const result = {
    startedAt: '2026-01-01T00:00:00.000Z',
    stages: [{ name: 'surge', durationS: 10, ratePerS: 10 }],
    requests,
    orders: { attempted: 10, confirmed: 10 },
    latencyMs: { p50: 1, p95: 2, p99: 3, max: 4 },
  }
  const summary = summarize({ engine: 'kubernetes', load: result, samples, decisions: [], invariants: { I1: { holds: true, checked: 5 } } })
  return clusterVerdicts(summary, samples, back)
}

t.test('every promise held', async (t) => {
  const all = verdicts([at(1, 1, 1), at(2, 4, 4), at(3, 1, 1)], 100)
  t.same(
    all.filter(({ holds }) => !holds),
    [],
  )
  t.ok(all.length >= 6)
})

t.test('one grown service is not enough, nor are three replicas', async (t) => {
  const broken = verdicts([at(1, 1, 1), at(2, 4, 3)], 100).filter(({ holds }) => !holds)
  t.match(broken, [{ limit: /2 services reached 4 replicas/, figure: 'gateway 4' }])
})

t.test('coming back late, or not while watched, is a broken promise', async (t) => {
  const grown = [at(1, 1, 1), at(2, 4, 4)]
  t.match(
    verdicts(grown, 241).filter(({ holds }) => !holds),
    [{ figure: '241 s' }],
  )
  t.match(
    verdicts(grown, null).filter(({ holds }) => !holds),
    [{ figure: /not while/ }],
  )
})

t.test('back is the first moment after which nothing was above its minimum', async (t) => {
  const samples = [at(0, 1, 1), at(10, 4, 4), at(20, 1, 4), at(30, 1, 1), at(40, 2, 1), at(50, 1, 1), at(60, 1, 1)]
  t.equal(backAfterS(samples, 15, minimum), 35)
  t.equal(backAfterS(samples.slice(0, 3), 15, minimum), null)
  t.equal(backAfterS([at(0, 1, 1)], 15, minimum), 0, 'never left it')
  t.equal(backAfterS([{ atS: 1, load: null, services: {} }], 0, minimum), null, 'unseen is not back')
})
