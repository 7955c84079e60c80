import t from 'tap'
import type { Facts } from '../doctor/facts.ts'
import { findingsText } from '../doctor/finding.ts'
import { diagnose } from '../doctor.ts'
import { deployment, hpa, pod } from './objects.ts'

/** A cluster with nothing wrong; `over` is laid over it. */
const facts = (over: Partial<Facts> = {}): Facts => ({
  metricsApi: { metadata: { name: 'v1beta1.metrics.k8s.io' }, status: { conditions: [{ type: 'Available', status: 'True' }] } },
  hpas: [hpa('headroom-orders')],
  deployments: [deployment('headroom-orders', 2)],
  pods: [pod('headroom-orders-a'), pod('headroom-orders-b')],
  budgets: [],
  usage: usage(20, 18),
  cgroupVersions: { node: 2 },
  rendered: [],
  values: {},
  serverVersion: 'v1.34.4',
  ...over,
})
const usage = (...millicores: number[]) =>
  millicores.map((value, index) => ({
    metadata: { name: `headroom-orders-${'ab'[index]}` },
    timestamp: '2026-01-01T00:00:00Z',
    window: '15s',
    containers: [{ name: 'app', usage: { cpu: `${value}m`, memory: '40Mi' } }],
  }))

/** What is not ok. */
const complaints = (over: Partial<Facts>) => diagnose(facts(over)).filter(({ state }) => state !== 'ok')

t.test('a healthy cluster: every check says ok', async (t) => {
  const findings = diagnose(facts())
  t.same(
    findings.filter(({ state }) => state !== 'ok'),
    [],
  )
  t.ok(findings.length >= 8)
})

t.test('no metrics API, or one that does not answer', async (t) => {
  t.match(complaints({ metricsApi: undefined }), [{ state: 'problem', text: /no metrics API/, fix: /metrics-server/ }])
  const silent = { metadata: { name: 'x' }, status: { conditions: [{ type: 'Available', status: 'False', message: 'no endpoints' }] } }
  t.match(complaints({ metricsApi: silent }), [{ state: 'problem', text: /does not answer: no endpoints/, fix: /insecure-tls/ }])
})

t.test('an autoscaler that shows <unknown>, by reason', async (t) => {
  const blind = (reason: string, message: string) =>
    complaints({
      hpas: [hpa('headroom-orders', { status: { conditions: [{ type: 'ScalingActive', status: 'False', reason, message }] } })],
    })
  const metric = 'FailedGetContainerResourceMetric'
  t.match(blind(metric, 'failed to get container usage: missing request for cpu in container app'), [
    { state: 'problem', fix: /CPU request/ },
  ])
  t.match(blind(metric, 'unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API'), [
    { fix: /metrics API is absent/ },
  ])
  t.match(blind(metric, 'did not receive metrics for targeted pods (pods might be unready)'), [{ fix: /no pod of it is ready/ }])
  t.match(blind('ScalingDisabled', 'scaling is disabled since the replica count of the target is zero'), [
    { state: 'note', fix: /0 replicas/ },
  ])
  t.match(blind('SomethingNew', 'words'), [{ state: 'problem', text: /SomethingNew: words/ }])
})

t.test('an autoscaler whose target is not there, none at all, or one at its bound', async (t) => {
  const lost = hpa('headroom-gone', {
    status: { conditions: [{ type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message: 'not found' }] },
  })
  t.match(complaints({ hpas: [lost] }), [{ state: 'problem', fix: /Deployment headroom-gone, which is not in the namespace/ }])
  t.match(complaints({ hpas: [] }), [{ state: 'problem', fix: /--namespace/ }])
  const full = hpa('headroom-orders', { status: { conditions: [{ type: 'ScalingLimited', status: 'True', reason: 'TooManyReplicas' }] } })
  t.match(complaints({ hpas: [full] }), [{ state: 'note', text: /maxReplicas of 4/ }])
  t.match(complaints({ hpas: [hpa('headroom-orders', { status: { conditions: [] } })] }), [{ state: 'note', text: /not looked at it yet/ }])
})

t.test('missing requests: of the measured container, or of any container when the whole pod is measured', async (t) => {
  const withSidecar = deployment('headroom-orders', 2)
  withSidecar.spec.template.spec.containers.push({ name: 'proxy' })
  t.same(complaints({ deployments: [withSidecar] }), [], 'a ContainerResource metric does not mind the sidecar')
  const whole = hpa('headroom-orders', {
    spec: { metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 60 } } }] },
  })
  t.match(complaints({ deployments: [withSidecar], hpas: [whole] }), [{ state: 'problem', text: /container proxy: no cpu request/ }])
  const other = hpa('headroom-orders', {
    spec: {
      metrics: [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'main', target: { averageUtilization: 60 } } }],
    },
  })
  t.match(complaints({ hpas: [other] }), [{ state: 'problem', text: /measures container main, which headroom-orders does not have/ }])
})

t.test('a field that the cluster dropped', async (t) => {
  const asked = {
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'headroom-orders' },
    spec: { maxReplicas: 4, behavior: { scaleUp: { tolerance: '0.05' } } },
  }
  const got = hpa('headroom-orders', { spec: { behavior: { scaleUp: {} } } })
  t.match(complaints({ rendered: [asked], hpas: [got] }), [{ state: 'problem', text: /dropped spec\.behavior\.scaleUp\.tolerance/ }])
  const values = { orders: { name: 'headroom-orders', autoscaling: { behavior: { scaleDown: { tolerance: 0.05 } } } }, database: {} }
  t.match(complaints({ values }), [{ state: 'problem', text: /scaleDown\.tolerance is set/, fix: /HPAConfigurableTolerance/ }])
  const kept = hpa('headroom-orders', { spec: { behavior: { scaleUp: { tolerance: '50m' } } } })
  t.same(complaints({ rendered: [asked], hpas: [kept] }), [])
})

t.test('a budget that blocks drains', async (t) => {
  const budget = (status: object, spec = {}) => [{ metadata: { name: 'headroom-orders' }, spec, status }]
  const single = budget({ disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1 }, { minAvailable: 1 })
  t.match(complaints({ budgets: single }), [{ state: 'problem', text: /blocks drains: all 1 must stay \(minAvailable 1\)/ }])
  const starting = budget({ disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 2, expectedPods: 3 }, { maxUnavailable: 1 })
  t.match(complaints({ budgets: starting }), [{ state: 'note', text: /1 of 3 pods are healthy/ }])
  t.same(complaints({ budgets: budget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1, expectedPods: 2 }) }), [])
})

t.test('cgroup v1, and nodes that do not tell', async (t) => {
  t.match(complaints({ cgroupVersions: { a: 1, b: 2 } }), [{ state: 'note', text: /cgroup v1 on a:/ }])
  t.match(complaints({ cgroupVersions: {} }), [{ state: 'note', text: /do not tell/ }])
})

t.test('all load on one pod, but not when idle or when there is only one', async (t) => {
  t.match(complaints({ usage: usage(38, 2) }), [{ state: 'problem', text: /headroom-orders-a uses 95 % of the CPU of 2 pods/ }])
  t.same(complaints({ usage: usage(10, 1) }), [], 'idle')
  t.same(complaints({ usage: usage(38), pods: [pod('headroom-orders-a')] }), [], 'alone')
  t.match(complaints({ usage: undefined }), [{ state: 'note', text: /cannot be seen/ }])
})

t.test('a stuck pod', async (t) => {
  const stuck = pod('headroom-orders-b', {
    containerStatuses: [{ name: 'app', image: 'x:1', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }],
  })
  t.match(complaints({ pods: [stuck] }), [{ state: 'problem', text: /x:1 cannot be had/ }])
})

t.test('the text has the fix below the finding', async (t) => {
  t.equal(
    findingsText([
      { state: 'ok', text: 'a' },
      { state: 'problem', text: 'b', fix: 'c' },
    ]),
    'ok       a\nproblem  b\n         fix: c',
  )
})
