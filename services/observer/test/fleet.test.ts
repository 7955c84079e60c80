import t from 'tap'
import { fleetOf, stateOf } from '../lib/fleet.ts'
import type { Caches, Pod } from '../lib/objects.ts'

const pod = (name: string, label: string, over: Partial<Pod['metadata']> = {}, ready = 'True'): Pod => ({
  metadata: { name, labels: { app: label }, ...over },
  spec: { containers: [{ name: 'c' }] },
  status: {
    phase: 'Running',
    startTime: '2026-01-01T00:00:00Z',
    conditions: [{ type: 'Ready', status: ready }],
    containerStatuses: [{ restartCount: 2 }],
  },
})
const rescale = (message: string, at: string, name = 'orders') => ({
  involvedObject: { kind: 'HorizontalPodAutoscaler', name },
  reason: 'SuccessfulRescale',
  message,
  lastTimestamp: at,
})
const caches: Caches = {
  deployments: [
    {
      metadata: { name: 'orders' },
      spec: { replicas: 2, selector: { matchLabels: { app: 'orders' } } },
      status: { replicas: 3, readyReplicas: 1 },
    },
    { metadata: { name: 'alone' }, spec: { selector: { matchLabels: {} } } },
  ],
  autoscalers: [
    {
      metadata: { name: 'orders' },
      spec: {
        scaleTargetRef: { kind: 'Deployment', name: 'orders' },
        minReplicas: 1,
        maxReplicas: 5,
        metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', target: { averageUtilization: 60 } } }],
      },
      status: {
        desiredReplicas: 5,
        currentMetrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', current: { averageUtilization: 173 } } }],
        conditions: [{ type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' }],
      },
    },
  ],
  pods: [
    pod('b', 'orders'),
    pod('a', 'orders', { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    pod('c', 'orders', {}, 'False'),
    pod('x', 'other'),
  ],
  events: [
    rescale('New size: 5; reason: cpu above target', '2026-01-01T00:02:00Z'),
    rescale('New size: 3; reason: cpu above target', '2026-01-01T00:01:00Z'),
    rescale('New size: 9; reason: of another', '2026-01-01T00:01:00Z', 'other'),
    { involvedObject: { kind: 'Pod', name: 'orders' }, reason: 'SuccessfulRescale', message: 'New size: 7; reason: no autoscaler' },
  ],
  usage: [{ name: 'b', millicores: 42 }],
}

t.test('a service is its deployment with its own pods, autoscaler and decisions', async (t) => {
  const [alone, orders] = fleetOf(caches)
  t.match(orders, { name: 'orders', current: 3, desired: 5, ready: 1, minReplicas: 1, maxReplicas: 5, cpuPercent: 173, targetPercent: 60 })
  t.same(
    orders?.pods.map(({ name, state, cpuMillicores, restarts }) => [name, state, cpuMillicores, restarts]),
    [
      ['a', 'draining', null, 2],
      ['b', 'ready', 42, 2],
      ['c', 'starting', null, 2],
    ],
  )
  t.same(
    orders?.decisions.map(({ to }) => to),
    [3, 5],
    'oldest first, only its own',
  )
  t.match(orders?.conditions, [{ type: 'ScalingLimited', reason: 'TooManyReplicas', message: '' }])
  t.match(alone, { name: 'alone', desired: 1, cpuPercent: null, targetPercent: null, pods: [] }, 'an empty selector selects nothing')
})

t.test('the decisions that are kept are few', async (t) => {
  const events = Array.from({ length: 50 }, (_, i) => rescale(`New size: ${i}; reason: x`, new Date(i * 1000).toISOString()))
  t.equal(fleetOf({ ...caches, events })[1]?.decisions.length, 20)
})

t.test('states of a pod', async (t) => {
  t.equal(stateOf({ status: { phase: 'Failed' } }), 'failed')
  t.equal(stateOf({}), 'starting')
})
