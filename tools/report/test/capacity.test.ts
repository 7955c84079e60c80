import t from 'tap'
import { capacityPerPod, oracleOf } from '../capacity.ts'
import type { Sample, ServiceSample } from '../sample.ts'
import { integral, quantile, round, spansOf } from '../spans.ts'
import { synthesize } from './synthetic.ts'

const service = (over: Partial<ServiceSample>): ServiceSample => ({
  current: 1,
  desired: 1,
  ready: 1,
  cpuPercent: 60,
  targetPercent: 60,
  requestsPerS: 10,
  p99Ms: null,
  shedPerS: 0,
  failedPerS: 0,
  ...over,
})
const samples = (...all: Partial<ServiceSample>[]): Sample[] =>
  all.map((over, atS) => ({ atS, load: null, services: { orders: service(over) } }))

t.test('capacity is requests per CPU at the target, from busy seconds, without what was shed', async (t) => {
  const busy = Array.from({ length: 5 }, () => ({ cpuPercent: 120, ready: 2, requestsPerS: 90, shedPerS: 10 }))
  t.equal(capacityPerPod(samples(...busy), 'orders'), 20)
  t.equal(capacityPerPod(samples(...busy, { cpuPercent: 20, requestsPerS: 1 }), 'orders'), 20, 'idle seconds do not count')
  t.equal(capacityPerPod(samples({ cpuPercent: 6, requestsPerS: 2 }), 'orders'), 20, 'unless there are no others')
  t.equal(capacityPerPod(samples({ cpuPercent: null }, { targetPercent: null }, { ready: 0 }, { requestsPerS: 0 }), 'orders'), null)
  t.equal(capacityPerPod(samples({}), 'catalog'), null)
})

t.test('CPU that follows the requests late does not change the capacity', async (t) => {
  const requests = [10, 10, 40, 40, 10, 10, 10]
  const late = requests.map((requestsPerS, index) => ({ requestsPerS, cpuPercent: (requests[index - 1] ?? 10) * 6 }))
  t.equal(round(capacityPerPod(samples(...late), 'orders') ?? 0), 10)
})

t.test('the oracle needs what was offered, also where it was shed on the way, and at least the minimum', async (t) => {
  const load = (offered: number, shed: number) => ({
    offered,
    ok: offered - shed,
    refused: 0,
    limited: 0,
    shed,
    failed: 0,
    p50Ms: 1,
    p99Ms: 2,
    stage: 'surge',
  })
  const run: Sample[] = Array.from({ length: 6 }, (_, atS) => ({
    atS,
    load: load(100, 50),
    services: { orders: service({ requestsPerS: 10, cpuPercent: 60 }) },
  }))
  const oracle = oracleOf(run, 'orders', 1)
  t.match(oracle, { capacityPerPod: 10, requestsPerOffered: 0.2 })
  t.strictSame(oracle?.needed, Array(6).fill(2), '100 offered x 0.2 / 10')
  t.strictSame(oracleOf(run, 'orders', 3)?.needed, Array(6).fill(3))
  t.equal(oracleOf(run, 'catalog', 1), undefined)
})

t.test('the capacity of a synthesized fleet is the one it was made with', async (t) => {
  const run = synthesize()
  t.equal(round(capacityPerPod(run.samples, 'gateway') ?? 0, 2), 37.5, '60 % of 50m at 0.8 ms a request')
  t.equal(round(capacityPerPod(run.samples, 'orders') ?? 0, 2), 8)
})

t.test('sums over time weigh each sample by how long it stands', async (t) => {
  const uneven: Sample[] = [0, 1, 4].map((atS) => ({ atS, load: null, services: { orders: service({ current: 2 }) } }))
  t.equal(
    integral(spansOf(uneven), 'orders', ({ current }) => current),
    10,
    '1 s, 3 s, and 1 s as is usual',
  )
  t.equal(
    integral(spansOf(uneven), 'catalog', () => 1),
    0,
  )
  t.equal(quantile([3, 1, 2], 0.5), 2)
  t.equal(quantile([], 0.5), null)
})
