import t from 'tap'
import type { Caches } from '../lib/objects.ts'
import { recordingLines } from '../lib/recording.ts'
import type { FleetSample } from '../lib/samples.ts'

const caches: Caches = { pods: [], deployments: [], autoscalers: [], events: [], usage: [] }

function sample(second: number, pods: number): FleetSample {
  const rates = { requestsPerS: null, shedPerS: null, failedPerS: null, p50Ms: null, p99Ms: null }
  const figures = { current: pods, desired: pods, ready: pods, cpuPercent: null, targetPercent: null, ...rates }
  const named = Array.from({ length: pods }, (_, index) => ({
    ...{ name: `orders-${index}`, state: 'ready' as const, requestsPerS: null, cpuMillicores: null },
  }))
  return { at: new Date(second * 1000).toISOString(), services: { orders: { ...figures, pods: named } }, edges: [] }
}

t.test('a recording that would be too long to be read again ends before', async (t) => {
  const samples = Array.from({ length: 100 }, (_, second) => sample(second, 2))
  const all = [...recordingLines({ samples, decisions: [] }, caches)]
  t.equal(all.length, 1 + 2 + 100, 'a header, two pods, the samples')
  const some = [...recordingLines({ samples, decisions: [] }, caches, 10_000)]
  t.ok(some.length > 10 && some.join('').length <= 10_000, `${some.length} lines`)
  t.strictSame(some, all.slice(0, some.length), 'whole lines, the oldest')
})

t.test('more pods than a sample may have are left out', async (t) => {
  const lines = [...recordingLines({ samples: [sample(0, 1200)], decisions: [] }, caches)]
  t.equal(JSON.parse(lines.at(-1) ?? '').services.orders.pods.length, 1000)
})

t.test('what is sent does not change while it is sent, and a service that has gone has no numbers', async (t) => {
  const samples = [sample(0, 1), sample(2, 1)]
  const lines = recordingLines({ samples, decisions: [] }, caches)
  const header = JSON.parse(lines.next().value ?? '')
  const nothing = { minReplicas: 0, maxReplicas: 0, cpuRequestMillicores: 0, cpuLimitMillicores: 0, spec: null }
  t.strictSame(header.services, { orders: nothing })
  samples.shift()
  const rest = [...lines].map((line) => JSON.parse(line))
  t.match(rest, [{ type: 'pod' }, { type: 'sample', atS: 0 }, { type: 'sample', atS: 2 }])
})
