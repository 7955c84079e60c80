import t from 'tap'
import { Store } from '../kube/store.ts'
import { Pods, type Shown } from '../pods.ts'
import { namespace } from '../service-runtime.ts'
import type { ServiceValues } from '../values.ts'
import { leastValues } from './on-sale.ts'

const values = { ...leastValues, service: 'orders', name: 'headroom-orders' } as ServiceValues
const startedAtMs = Date.parse('2026-01-01T00:00:00Z')
const replica: Shown = {
  name: 'headroom-orders-a1',
  state: 'starting',
  pid: 4711,
  port: 20_001,
  opsPort: 20_002,
  startedAtMs,
  readyAtMs: undefined,
}

function setUp() {
  const store = new Store()
  return { store, pods: new Pods(store), pod: () => store.get('pods', namespace, replica.name) }
}

const readiness = (pod: ReturnType<ReturnType<typeof setUp>['pod']>) => pod?.status?.conditions?.find(({ type }) => type === 'Ready')

t.test('a replica is a pod, from start to end', async (t) => {
  const { pods, pod } = setUp()
  pods.show(replica, { values })
  t.match(pod(), {
    metadata: {
      labels: { 'app.kubernetes.io/name': 'headroom-orders', 'app.kubernetes.io/instance': 'headroom' },
      annotations: { 'headroom.local/pid': '4711', 'headroom.local/ops-port': '20002' },
      ownerReferences: [{ kind: 'ReplicaSet', name: 'headroom-orders', controller: true }],
    },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [{ name: 'app', resources: values.resources, ports: [{ name: 'http', containerPort: 20_001 }, { name: 'ops' }] }],
    },
    status: {
      phase: 'Running',
      startTime: '2026-01-01T00:00:00.000Z',
      containerStatuses: [{ name: 'app', ready: false, restartCount: 0 }],
    },
  })
  t.match(readiness(pod()), { status: 'False', lastTransitionTime: '2026-01-01T00:00:00.000Z' })

  pods.show({ ...replica, state: 'ready', readyAtMs: startedAtMs + 700 }, { values })
  t.match(readiness(pod()), { status: 'True', lastTransitionTime: '2026-01-01T00:00:00.700Z' })
  t.equal(pod()?.metadata.deletionTimestamp, undefined)

  const beforeMs = Date.now()
  pods.show({ ...replica, state: 'terminating' }, { values })
  t.match(readiness(pod()), { status: 'False' })
  const { deletionTimestamp = '', deletionGracePeriodSeconds } = pod()?.metadata ?? {}
  t.equal(deletionGracePeriodSeconds, 5)
  t.ok(Date.parse(deletionTimestamp) >= beforeMs + 5000 && Date.parse(deletionTimestamp) <= Date.now() + 5000, deletionTimestamp)
  pods.show({ ...replica, state: 'terminating' }, { values })
  t.equal(pod()?.metadata.deletionTimestamp, deletionTimestamp, 'the first word counts')

  pods.show({ ...replica, state: 'gone' }, { values })
  t.equal(pod(), undefined)
  pods.show({ ...replica, state: 'gone' }, { values })
})

t.test('a pod that was deleted by force does not come back while its process leaves', async (t) => {
  const { store, pods, pod } = setUp()
  pods.show(replica, { values })
  store.remove('pods', namespace, replica.name)
  pods.show({ ...replica, state: 'terminating' }, { values })
  t.equal(pod(), undefined)
})

t.test('usage as metrics-server shows it, gone with the pod', async (t) => {
  const { store, pods } = setUp()
  pods.show(replica, { values })
  const metrics = () => store.get('podmetrics', namespace, replica.name)
  pods.showUsage(replica.name, { values }, { millicores: 61.25, windowMs: 1900, atMs: startedAtMs })
  t.match(metrics(), {
    timestamp: '2026-01-01T00:00:00.000Z',
    window: '1900ms',
    containers: [{ name: 'app', usage: { cpu: '61250000n' } }],
  })
  pods.showUsage(replica.name, { values }, { millicores: 1, windowMs: 1900, atMs: startedAtMs })
  t.match(metrics(), { containers: [{ usage: { cpu: '1000000n' } }] })
  pods.show({ ...replica, state: 'gone' }, { values })
  t.equal(metrics(), undefined)
})
