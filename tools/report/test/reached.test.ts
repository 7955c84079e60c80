import t from 'tap'
import { defaultLimits } from '../limits-file.ts'
import { backAfterS } from '../reached.ts'
import { limitVerdicts } from '../report-verdicts.ts'
import type { Sample } from '../sample.ts'
import { summarize } from '../summary.ts'

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
const at = (atS: number, gateway: number, orders: number, stage = 'surge'): Sample => ({
  atS,
  load: { ...load, stage },
  services: { gateway: service(gateway), orders: service(orders), hello: service(5) },
})
const minimum = new Map([
  ['gateway', 1],
  ['orders', 1],
])
const autoscaled = { minReplicas: 1, spec: { maxReplicas: 4 } }
const header = { services: { gateway: autoscaled, orders: autoscaled, hello: { minReplicas: 5, spec: null } } }

/** The verdicts of a run on a cluster whose services had these sizes. */
function verdicts(samples: Sample[]) {
  const requests = { offered: 100, ok: 100, refused: 0, limited: 0, shed: 0, failed: 0 }
  const result = {
    startedAt: '2026-01-01T00:00:00.000Z',
    stages: [{ name: 'surge', durationS: 10, ratePerS: 10 }],
    requests,
    orders: { attempted: 10, confirmed: 10 },
    latencyMs: { p50: 1, p95: 2, p99: 3, max: 4 },
  }
  const summary = summarize({ engine: 'kubernetes', load: result, samples, decisions: [], invariants: { I1: { holds: true, checked: 5 } } })
  return limitVerdicts({ summary, samples, header, reactions: [], services: {} }, defaultLimits.kubernetes)
}
const broken = (samples: Sample[]) => verdicts(samples).filter(({ holds }) => !holds)

t.test('every promise held', async (t) => {
  const samples = [at(1, 1, 1), at(2, 4, 4), at(3, 4, 4, 'after'), at(103, 1, 1, 'after')]
  t.same(broken(samples), [])
  t.match(verdicts(samples).slice(-2), [
    { limit: 'at least 2 services reached 4 replicas', figure: 'gateway 4, orders 4, hello 5' },
    { limit: /within 240 s of the surge's end/, figure: '100 s' },
  ])
  t.equal(verdicts(samples).length, 6)
})

t.test('one grown service is not enough, nor are three replicas', async (t) => {
  const small = ({ services: { hello: _, ...services }, ...sample }: Sample) => ({ ...sample, services })
  t.match(broken([at(1, 1, 1), at(2, 4, 3), at(3, 1, 1, 'after')].map(small)), [
    { limit: /2 services reached 4 replicas/, figure: 'gateway 4' },
  ])
})

t.test('coming back late, or not while watched, is a broken promise; so is a run without a surge', async (t) => {
  const grown = [at(1, 1, 1), at(2, 4, 4), at(3, 4, 4, 'after')]
  t.match(broken([...grown, at(244, 1, 1, 'after')]), [{ figure: '241 s' }])
  t.match(broken(grown), [{ figure: 'not while it was watched' }])
  t.match(broken([at(1, 4, 4, 'calm'), at(2, 1, 1, 'calm')]), [{ figure: 'there was no surge' }])
})

t.test('back is the first moment after which nothing was above its minimum', async (t) => {
  const samples = [at(0, 1, 1), at(10, 4, 4), at(20, 1, 4), at(30, 1, 1), at(40, 2, 1), at(50, 1, 1), at(60, 1, 1)]
  t.equal(backAfterS(samples, 15, minimum), 35)
  t.equal(backAfterS(samples.slice(0, 3), 15, minimum), null)
  t.equal(backAfterS([at(0, 1, 1)], 15, minimum), 0, 'never left it')
  t.equal(backAfterS([{ atS: 1, load: null, services: {} }], 0, minimum), null, 'unseen is not back')
})
