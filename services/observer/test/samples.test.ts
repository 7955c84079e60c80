import t from 'tap'
import type { Fleet } from '../lib/cluster-view.ts'
import type { FleetService } from '../lib/fleet.ts'
import { History } from '../lib/history.ts'
import type { PodTraffic } from '../lib/meters.ts'
import { type FleetSample, sampleOf } from '../lib/samples.ts'

const service = (name: string, over: Partial<FleetService> = {}): FleetService => ({
  name,
  current: 1,
  desired: 1,
  ready: 1,
  minReplicas: 1,
  maxReplicas: 4,
  cpuPercent: 173,
  targetPercent: 60,
  conditions: [],
  pods: [{ name: `${name}-1`, state: 'ready', startedAt: null, restarts: 0, cpuMillicores: null }],
  decisions: [],
  ...over,
})
const fleet = (services: FleetService[]): Fleet => ({
  at: '2026-01-01T00:00:00.000Z',
  namespace: 'shop',
  access: 'ok',
  detail: '',
  stale: false,
  staleForS: 0,
  services,
})
const traffic: PodTraffic = {
  requestsPerS: 12.34,
  shedPerS: 0,
  failedPerS: 0,
  cpuMillicores: 50,
  buckets: new Map(),
  calls: new Map([
    ['orders', { ok: 3, shed: 2, failed: 1 }],
    ['elsewhere', { ok: 1, shed: 0, failed: 0 }],
  ]),
}
const meters = { of: (pod: string) => (pod === 'headroom-gateway-1' ? traffic : undefined) }
const pair = [service('headroom-gateway'), service('headroom-orders')]

t.test('a sample joins what the caches and the pods say; a peer is found by the end of its name', async (t) => {
  const { services, edges } = sampleOf(fleet(pair), meters)
  t.match(services['headroom-gateway'], { ready: 1, requestsPerS: 12.3, pods: [{ name: 'headroom-gateway-1', requestsPerS: 12.3 }] })
  t.match(services['headroom-orders'], { requestsPerS: null, pods: [{ requestsPerS: null }] }, 'unknown is not zero')
  t.same(edges, [
    { from: 'headroom-gateway', to: 'headroom-orders', requestsPerS: 6, shedPerS: 2, failedPerS: 1 },
    { from: 'headroom-gateway', to: 'elsewhere', requestsPerS: 1, shedPerS: 0, failedPerS: 0 },
  ])
})

t.test('the history is bounded, and only its newest sample has pods', async (t) => {
  const history = new History(3)
  const decision = { at: '', service: 'a', from: 1, to: 2, reason: '' }
  for (let i = 0; i < 500; i++) history.add(sampleOf(fleet(pair), meters), [decision])
  t.equal(history.samples.length, 3)
  t.equal(history.decisions.length, 200)
  const { samples } = history.shown()
  const pods = (sample: FleetSample | undefined) => sample?.services['headroom-gateway']?.pods.length
  t.same(samples.map(pods), [0, 0, 1])
})
