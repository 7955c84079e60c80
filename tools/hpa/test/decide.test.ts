import t from 'tap'
import { type Decision, decide } from '../decide.ts'
import { EMPTY_HISTORY } from '../history.ts'
import type { Reading } from '../metrics.ts'
import type { HpaSpec, MetricSpec } from '../spec.ts'
import { FREE, hpa, loaded, NOW_MS, pods, samples } from './cluster.ts'

const conditionOf = (decision: Decision, type: string) => decision.conditions.find((condition) => condition.type === type)

t.test('a surge doubles, and says so in both tongues', async (t) => {
  const decision = decide(hpa(60, { behavior: {} }), loaded(2, 150), EMPTY_HISTORY)
  t.match(decision, { desired: 5, rescale: true, warnings: [] })
  t.equal(decision.reason, 'orders 2 -> 5: CPU at 150 %, target 60 %')
  t.equal(decision.why, 'CPU at 150 %, target 60 %')
  t.equal(decision.rescaleReason, 'cpu resource utilization (percentage of request) above target')
  t.strictSame(decision.currentMetrics, [
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 150, averageValue: '1500m' } } },
  ])
  t.strictSame(decision.conditions, [
    {
      type: 'ScalingActive',
      status: 'True',
      reason: 'ValidMetricFound',
      message: 'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
    },
    { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' },
    {
      type: 'AbleToScale',
      status: 'True',
      reason: 'SucceededRescale',
      message: 'the HPA controller was able to update the target scale to 5',
    },
  ])
  t.strictSame(decision.history.scaleUps, [{ atMs: NOW_MS, change: 3 }])
})

t.test('the documentation: 200m against 100m doubles, 50m halves', async (t) => {
  const averageValue = (behavior: HpaSpec['behavior']) =>
    hpa(0, { behavior, metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '100m' } } }] })
  t.equal(decide(averageValue({}), loaded(4, 20), EMPTY_HISTORY).desired, 8)
  t.equal(decide(averageValue({ scaleDown: FREE }), loaded(4, 5), EMPTY_HISTORY).desired, 2)
})

t.test('near the target nothing happens', async (t) => {
  const decision = decide(hpa(60), loaded(2, 65), EMPTY_HISTORY)
  t.match(decision, { desired: 2, rescale: false, rescaleReason: '', reason: 'orders stays at 2: CPU at 65 %, target 60 %' })
  t.match(conditionOf(decision, 'AbleToScale'), { reason: 'ReadyForNewScale' })
})

t.test('a tolerance per direction changes what is near', async (t) => {
  const spec = hpa(60, { behavior: { scaleUp: { tolerance: '0.05' }, scaleDown: { ...FREE, tolerance: 0 } } })
  t.equal(decide(spec, loaded(4, 65), EMPTY_HISTORY).desired, 5)
  t.equal(decide(spec, loaded(4, 62), EMPTY_HISTORY).desired, 4)
  t.equal(decide(hpa(60, { behavior: { scaleDown: { ...FREE, tolerance: 0.5 } } }), loaded(4, 31), EMPTY_HISTORY).desired, 4)
})

t.test('maxReplicas and minReplicas bound the answer and are named', async (t) => {
  const up = decide(hpa(60, { maxReplicas: 3, behavior: {} }), loaded(2, 300), EMPTY_HISTORY)
  t.match(up, { desired: 3, reason: 'orders 2 -> 3: CPU at 300 %, target 60 %; maxReplicas 3' })
  t.match(conditionOf(up, 'ScalingLimited'), { status: 'True', reason: 'TooManyReplicas' })
  const down = decide(hpa(60, { minReplicas: 2, behavior: { scaleDown: FREE } }), loaded(4, 1), EMPTY_HISTORY)
  t.match(down, { desired: 2, reason: 'orders 4 -> 2: CPU at 1 %, target 60 %; minReplicas 2', rescaleReason: 'All metrics below target' })
  t.match(conditionOf(down, 'ScalingLimited'), { status: 'True', reason: 'TooFewReplicas' })
})

t.test('a size outside the bounds is corrected without asking any metric', async (t) => {
  const above = decide(hpa(60, { maxReplicas: 3 }), { ...loaded(5, 60), readings: [] }, EMPTY_HISTORY)
  t.match(above, { desired: 3, rescale: true, rescaleReason: 'Current number of replicas above Spec.MaxReplicas', warnings: [] })
  const below = decide(hpa(60, { minReplicas: 3 }), { ...loaded(1, 60), readings: [] }, EMPTY_HISTORY)
  t.match(below, { desired: 3, rescale: true, rescaleReason: 'Current number of replicas below Spec.MinReplicas' })
})

t.test('zero replicas switch the autoscaler off', async (t) => {
  const off = decide(hpa(60), { ...loaded(0, 0), readings: [] }, EMPTY_HISTORY)
  t.match(off, { desired: 0, rescale: false })
  t.match(conditionOf(off, 'ScalingActive'), { status: 'False', reason: 'ScalingDisabled' })
})

t.test('a container without a request stops the metric, with the reason in the condition and as a warning', async (t) => {
  const bare = pods(2, { containers: [{ name: 'app', requests: {} }] })
  const decision = decide(hpa(60), loaded(2, 300, { pods: bare }), EMPTY_HISTORY)
  t.match(decision, { desired: 2, rescale: false, currentMetrics: [] })
  t.match(conditionOf(decision, 'ScalingActive'), {
    status: 'False',
    reason: 'FailedGetResourceMetric',
    message: 'the HPA was unable to compute the replica count: missing request for cpu in container app of Pod pod-0',
  })
  t.strictSame(
    decision.warnings.map(({ reason }) => reason),
    ['FailedGetResourceMetric', 'FailedComputeMetricsReplicas'],
  )
  t.same(decision.history.recommendations, [{ atMs: NOW_MS, replicas: 2 }], 'no recommendation is remembered')
})

const QPS: MetricSpec = { type: 'Pods', pods: { metric: { name: 'qps' }, target: { type: 'AverageValue', averageValue: '10' } } }
const CPU: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
const free = (...metrics: MetricSpec[]) => hpa(50, { metrics, behavior: { scaleUp: FREE, scaleDown: FREE } })
const readings = (...list: (Reading | undefined)[]) => ({ ...loaded(2, 0), readings: list })
const cpuAt = (percent: number): Reading => ({ samples: samples(percent * 10, percent * 10) })
const qpsAt = (qps: number): Reading => ({ samples: samples(qps * 1000, qps * 1000) })

t.test('the largest of several proposals wins', async (t) => {
  const decision = decide(free(CPU, QPS), readings(cpuAt(100), qpsAt(35)), EMPTY_HISTORY)
  t.match(decision, { desired: 7, rescaleReason: 'pods metric qps above target', reason: 'orders 2 -> 7: qps at 35 per pod, target 10' })
  t.equal(decision.currentMetrics.length, 2)
})

t.test('one invalid metric blocks a scale-down but not a scale-up', async (t) => {
  const down = decide(free(CPU, QPS), readings(cpuAt(5), { error: 'the adapter is away' }), EMPTY_HISTORY)
  t.match(down, { desired: 2, rescale: false })
  t.match(conditionOf(down, 'ScalingActive'), { status: 'False', reason: 'FailedGetPodsMetric' })
  const up = decide(free(CPU, QPS), readings(cpuAt(200), { error: 'the adapter is away' }), EMPTY_HISTORY)
  t.match(up, { desired: 8, rescale: true, warnings: [{ reason: 'FailedGetPodsMetric', message: 'the adapter is away' }] })
  t.match(conditionOf(up, 'ScalingActive'), { status: 'True', reason: 'ValidMetricFound' })
})

t.test('no valid metric at all means no change, with the first error told', async (t) => {
  const decision = decide(free(CPU, QPS), readings({ samples: new Map() }, undefined), EMPTY_HISTORY)
  t.match(decision, { desired: 2, rescale: false, currentMetrics: [] })
  t.equal(
    decision.warnings.at(-1)?.message,
    'invalid metrics (2 invalid out of 2), first error is: unable to get metrics for resource cpu: no metrics returned from resource metrics API',
  )
})

const SOURCES: [string, MetricSpec, Reading, Partial<Decision>][] = [
  [
    'one container of several',
    {
      type: 'ContainerResource',
      containerResource: { name: 'cpu', container: 'app', target: { type: 'Utilization', averageUtilization: 50 } },
    },
    cpuAt(100),
    { desired: 4, rescaleReason: 'cpu container resource utilization (percentage of request) above target' },
  ],
  [
    'a value of an object',
    {
      type: 'Object',
      object: { describedObject: { kind: 'Ingress', name: 'main' }, metric: { name: 'rps' }, target: { type: 'Value', value: '2k' } },
    },
    { totalMilli: 5_000_000 },
    { desired: 5, rescaleReason: 'Ingress metric rps above target' },
  ],
  [
    'an external total shared by the pods',
    { type: 'External', external: { metric: { name: 'queue' }, target: { type: 'AverageValue', averageValue: 30 } } },
    { totalMilli: 100_000 },
    { desired: 4, reason: 'orders 2 -> 4: queue at 50 per pod, target 30' },
  ],
]
for (const [title, metric, reading, expected] of SOURCES) {
  t.test(title, async (t) => t.match(decide(free(metric), readings(reading), EMPTY_HISTORY), expected))
}

t.test('a metric without any target, or of no known type, is invalid and not fatal', async (t) => {
  const none: MetricSpec = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization' } } }
  t.match(decide(free(none), readings(cpuAt(90)), EMPTY_HISTORY).warnings[0], { reason: 'FailedGetResourceMetric', message: /neither/ })
  const unknown = decide(free(JSON.parse('{"type":"Weather"}')), readings(cpuAt(90)), EMPTY_HISTORY)
  t.match(unknown.warnings[0], { reason: 'InvalidMetricSourceType', message: 'unknown metric source type "Weather"' })
})

t.test('a way down waits for the window, then goes at once', async (t) => {
  const spec = hpa(50, { behavior: {} })
  let { history } = decide(spec, loaded(8, 50), EMPTY_HISTORY)
  const early = decide(spec, loaded(8, 10, { nowMs: NOW_MS + 299_000 }), history)
  t.match(early, {
    desired: 8,
    rescale: false,
    reason: 'orders stays at 8: CPU at 10 %, target 50 %; wants 2, held at 8 by the scale-down stabilization window',
  })
  t.match(conditionOf(early, 'AbleToScale'), { reason: 'ScaleDownStabilized' })
  history = early.history
  t.match(decide(spec, loaded(8, 10, { nowMs: NOW_MS + 300_000 }), history), { desired: 2, rescale: true })
})

t.test('the window of a scale-up holds a spike back', async (t) => {
  const spec = hpa(50, { behavior: { scaleUp: { stabilizationWindowSeconds: 60 } } })
  const { history } = decide(spec, loaded(2, 50), EMPTY_HISTORY)
  const spike = decide(spec, loaded(2, 200, { nowMs: NOW_MS + 15_000 }), history)
  t.match(spike, { desired: 2, rescale: false })
  t.match(conditionOf(spike, 'AbleToScale'), { reason: 'ScaleUpStabilized' })
})
