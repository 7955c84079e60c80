import t from 'tap'
import { ClusterView } from '../lib/cluster-view.ts'
import type { Autoscaler, KubeEvent } from '../lib/objects.ts'
import { resources } from '../lib/watch.ts'

const autoscaler = (desiredReplicas: number, cpu: number | undefined): Autoscaler => {
  const current = { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }
  return {
    metadata: { name: 'orders-scaler' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'orders' },
      maxReplicas: 9,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 60 } } }],
    },
    status: { desiredReplicas, currentMetrics: cpu === undefined ? [] : [current] },
  }
}
const event = (to: number, words: string): KubeEvent => ({
  involvedObject: { kind: 'HorizontalPodAutoscaler', name: 'orders-scaler' },
  reason: 'SuccessfulRescale',
  message: `New size: ${to}; reason: ${words}`,
  lastTimestamp: '2026-01-01T00:00:00Z',
})
const above = 'cpu container resource utilization (percentage of request) above target'

/** A view that has heard of everything, with one service of one replica. */
function seen() {
  const view = new ClusterView('shop', 120_000)
  view.caches.deployments = [{ metadata: { name: 'orders' }, spec: { replicas: 1 } }]
  view.caches.autoscalers = [autoscaler(1, 20)]
  for (const resource of resources) view.heard(resource)
  return {
    view,
    tell(...next: Parameters<typeof autoscaler>) {
      view.caches.autoscalers = [autoscaler(...next)]
      view.heard('horizontalpodautoscalers')
    },
    taken: () => view.decisions.take(view.fleet().services),
  }
}

t.test('each change between two looks is a decision with the figure that ruled, whatever came after', async (t) => {
  const { view, tell, taken } = seen()
  t.strictSame(taken(), [], 'what was found at first was not decided')
  tell(3, 173)
  tell(5, 110)
  tell(5, 57)
  view.caches.events = [event(3, above), event(5, above)]
  t.match(taken(), [
    { service: 'orders', from: 1, to: 3, reason: 'CPU 173 % of target 60 %' },
    { service: 'orders', from: 3, to: 5, reason: 'CPU 110 % of target 60 %' },
  ])
  t.strictSame(taken(), [], 'told once')
})

t.test('words say what the figure does not, and without either the number was changed', async (t) => {
  const { view, tell, taken } = seen()
  view.caches.events = [event(3, 'All metrics below target')]
  tell(3, 20)
  tell(4, undefined)
  t.match(taken(), [{ reason: 'All metrics below target; CPU 20 % of target 60 %' }, { reason: 'the number of replicas was changed' }])
  view.caches.autoscalers = []
  view.caches.deployments = [{ metadata: { name: 'orders' }, spec: { replicas: 7 } }]
  view.heard('deployments')
  t.match(taken(), [{ from: 4, to: 7, reason: 'the number of replicas was changed' }], 'without an autoscaler the Deployment says')
})

t.test('nothing is decided before everything is known, nor by a service that comes; and what nobody takes is bounded', async (t) => {
  const view = new ClusterView('shop', 120_000)
  view.caches.deployments = [{ metadata: { name: 'orders' }, spec: { replicas: 1 } }]
  view.heard('deployments')
  view.caches.autoscalers = [autoscaler(4, 90)]
  for (const resource of resources) view.heard(resource)
  view.caches.deployments = [...view.caches.deployments, { metadata: { name: 'new' }, spec: { replicas: 2 } }]
  view.heard('deployments')
  t.strictSame(view.decisions.take([]), [])
  for (let size = 0; size < 1000; size++) {
    view.caches.autoscalers = [autoscaler(2 + (size % 2), 90)]
    view.heard('horizontalpodautoscalers')
  }
  t.equal(view.decisions.take([]).length, 200)
})
