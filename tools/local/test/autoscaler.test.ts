import t from 'tap'
import { clockOf, startAutoscaler } from '../autoscaler.ts'
import { Store } from '../kube/store.ts'
import { START_MS, settled } from './autoscaler-cluster.ts'
import { deployment, hpa } from './kube/objects.ts'

t.test('load moves the deployment, and all is written that a controller writes', async (t) => {
  const c = settled(t)
  c.load(150)
  c.sync()
  t.equal(c.replicas(), 5)
  t.strictSame(c.decisions, [{ atMs: START_MS, name: 'orders', from: 2, to: 5, reason: 'CPU at 150 %, target 60 %' }])
  t.strictSame(c.events(), [
    {
      type: 'Normal',
      reason: 'SuccessfulRescale',
      message: 'New size: 5; reason: cpu resource utilization (percentage of request) above target',
      count: 1,
    },
  ])
  const at = new Date(START_MS).toISOString()
  t.match(c.status(), {
    observedGeneration: 1,
    currentReplicas: 2,
    desiredReplicas: 5,
    lastScaleTime: at,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 150, averageValue: '150m' } } }],
    conditions: [
      { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', lastTransitionTime: at },
      { type: 'ScalingLimited', status: 'False' },
      { type: 'AbleToScale', status: 'True', reason: 'SucceededRescale' },
    ],
  })
})

t.test('the metric of one container is named as upstream names it', async (t) => {
  const target = { type: 'Utilization' as const, averageUtilization: 60 }
  const c = settled(t, { metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'app', target } }] })
  c.load(120)
  c.sync()
  t.match(c.events(), [{ message: 'New size: 4; reason: cpu container resource utilization (percentage of request) above target' }])
})

t.test('one factor speeds up every window', async (t) => {
  const c = settled(t)
  c.load(60)
  c.sync()
  c.pass(15_000)
  c.load(1)
  c.sync()
  t.equal(c.replicas(), 2)
  c.store.change('deployments', 'default', 'orders', ({ spec }) => {
    spec.replicas = 4
  })
  c.addPod('orders-3', START_MS)
  c.addPod('orders-4', START_MS)
  c.pass(14_000)
  c.load(60)
  c.sync()
  c.pass(29_000)
  c.load(1)
  c.sync()
  t.equal(c.replicas(), 4, '290 s after a recommendation of 4')
  c.pass(1000)
  c.load(1)
  c.sync()
  t.equal(c.replicas(), 2, 'and at 300 s')
  t.match(c.decisions, [{ from: 4, to: 2, reason: 'CPU at 1 %, target 60 %; minReplicas 2' }])
})

t.test('a young replica counts once it is ready and has a whole window of its own', async (t) => {
  const c = settled(t)
  c.addPod('orders-3', START_MS)
  c.store.change('deployments', 'default', 'orders', ({ spec }) => {
    spec.replicas = 3
  })
  c.pass(1000)
  c.load(90)
  c.sync()
  t.equal(c.replicas(), 3, 'not yet: its window began before it was ready, so it counts as 0 %')
  c.pass(600)
  c.load(90)
  c.sync()
  t.equal(c.replicas(), 5)
})

t.test('replicas without a measurement, unready or leaving are left out of the mean', async (t) => {
  const c = settled(t)
  c.addPod('unready', null)
  c.addPod('leaving', START_MS - 360_000)
  c.store.change('pods', 'default', 'leaving', ({ metadata }) => {
    metadata.deletionTimestamp = new Date(START_MS).toISOString()
  })
  c.load(300)
  c.usage.set('orders-1', { millicores: 60, windowMs: 1500, atMs: START_MS })
  c.usage.set('orders-2', { millicores: 60, windowMs: 1500, atMs: START_MS })
  c.addPod('unmeasured', START_MS - 360_000)
  c.sync()
  t.match(c.status()?.currentMetrics, [{ resource: { current: { averageUtilization: 60 } } }])
  t.equal(c.replicas(), 2)
})

t.test('without measurements nothing moves, and the reason is told once with a count', async (t) => {
  const c = settled(t)
  c.sync()
  c.pass(1500)
  c.sync()
  t.equal(c.replicas(), 2)
  t.match(c.status()?.conditions, [
    { type: 'AbleToScale', status: 'True' },
    { type: 'ScalingActive', status: 'False', reason: 'FailedGetResourceMetric' },
  ])
  t.match(c.events(), [
    { type: 'Warning', reason: 'FailedComputeMetricsReplicas', count: 2 },
    { type: 'Warning', reason: 'FailedGetResourceMetric', count: 2 },
  ])
})

t.test('a condition keeps the time of its last change', async (t) => {
  const c = settled(t)
  const active = () => c.status()?.conditions?.find(({ type }) => type === 'ScalingActive')?.lastTransitionTime
  c.load(60)
  c.sync()
  c.pass(5000)
  c.load(60)
  c.sync()
  t.equal(active(), new Date(START_MS).toISOString())
  c.usage.clear()
  c.sync()
  t.equal(active(), new Date(START_MS + 5000).toISOString())
})

t.test('a target that is not there, a metric that is not measured and a bad spec are told, not thrown', async (t) => {
  const c = settled(t, { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'gone' } })
  c.sync()
  t.match(c.status()?.conditions, [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale' }])
  t.match(c.events(), [{ reason: 'FailedGetScale', message: 'deployments.apps "gone" not found' }])
  const memory = settled(t, {
    metrics: [{ type: 'Resource', resource: { name: 'memory', target: { type: 'Utilization', averageUtilization: 50 } } }],
  })
  memory.load(60)
  memory.sync()
  t.ok(memory.events().some(({ message }) => message === 'the local engine measures the cpu of pods and nothing else'))
  const bad = settled(t, { maxReplicas: 1 })
  bad.sync()
  t.match(bad.events(), [{ reason: 'InvalidSpec', message: 'spec.maxReplicas must not be less than spec.minReplicas' }])
})

t.test('an autoscaler that is made again starts with no history', async (t) => {
  const c = settled(t)
  c.load(60)
  c.sync()
  const again = c.store.remove('horizontalpodautoscalers', 'default', 'orders')
  c.sync()
  c.store.create('horizontalpodautoscalers', { ...hpa('orders'), spec: again.spec })
  c.pass(1500)
  c.load(60)
  c.sync()
  t.equal(c.status()?.desiredReplicas, 2)
})

t.test('the loop turns by itself, a sync period of 15 s at its own speed', async (t) => {
  const store = new Store()
  store.create('deployments', deployment('orders', 2))
  store.create('horizontalpodautoscalers', hpa('orders'))
  const synced = new Promise<number>((resolve) => {
    const startedMs = performance.now()
    store.watch('horizontalpodautoscalers', {}, () => resolve(performance.now() - startedMs))
  })
  const autoscaler = startAutoscaler({ store, namespace: 'default', speed: 100, usage: () => undefined })
  t.teardown(() => autoscaler.stop())
  const afterMs = await synced
  // At another speed it would be 15 s.
  t.ok(afterMs >= 145 && afterMs < 10_000, `${Math.round(afterMs)} ms`)
  t.throws(() => startAutoscaler({ store, namespace: 'default', speed: 0, usage: () => undefined }), RangeError)
})

t.test('the clock maps the past and the future of its origin', async (t) => {
  const clock = clockOf(10, 1000)
  t.equal(clock.moment(1000), 1000)
  t.equal(clock.moment(1100), 2000)
  t.equal(clock.moment(900), 0)
  t.equal(clock.length(1500), 15_000)
})
