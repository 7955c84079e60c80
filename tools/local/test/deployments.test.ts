import t from 'tap'
import { read, remove } from '../kube/handlers.ts'
import { RESOURCES, type Resource } from '../kube/resources.ts'
import type { Replica } from '../replica.ts'
import { namespace } from '../service-runtime.ts'
import { name, setUp } from './fleet.ts'
import { leastValues } from './on-sale.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

const podResource = RESOURCES.find(({ kind }) => kind === 'Pod') as Resource
const never = new AbortController().signal

t.test('it starts what the values ask for, and shows it', async (t) => {
  const { deployments, endpoints, podNames, states, status, store } = setUp(t, 2)
  deployments.start()
  await deployments.ready(never)
  t.strictSame(states(), ['ready', 'ready'])
  t.strictSame(
    endpoints().sort(),
    deployments
      .of('orders')
      .map(({ port }) => port)
      .sort(),
  )
  t.strictSame(
    podNames(),
    deployments
      .of('orders')
      .map(({ name }) => name)
      .sort(),
  )
  t.strictSame(status(), { replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 })
  t.equal(store.list('horizontalpodautoscalers').items.length, 0, 'a fixed size')
  t.strictSame(deployments.of('payments'), [])
})

t.test('an autoscaler decides: it begins with its least', async (t) => {
  const autoscaling = { ...leastValues.autoscaling, enabled: true, minReplicas: 1, maxReplicas: 3 }
  const { deployments, states, store } = setUp(t, 7, { values: { autoscaling } })
  deployments.start()
  await deployments.ready(never)
  t.strictSame(states(), ['ready'])
  t.match(store.get('horizontalpodautoscalers', namespace, name), { spec: { minReplicas: 1, maxReplicas: 3 } })
})

t.test('up, and down again: each that leaves drains to its end while the oldest stays', async (t) => {
  const { deployments, endpoints, log, scale, status, until, untilStates } = setUp(t, 1)
  deployments.start()
  await deployments.ready(never)
  const [oldest] = deployments.of('orders') as [Replica]
  scale(3)
  await untilStates('ready', 'ready', 'ready')
  const [, ...younger] = deployments.of('orders')
  scale(1)
  t.strictSame(endpoints(), [oldest.port], 'the balancer knows at once')
  t.match(status(), { replicas: 1, readyReplicas: 1 })
  await until(() => deployments.of('orders').length === 1)
  t.strictSame(deployments.of('orders'), [oldest])
  for (const replica of younger) {
    await replica.exited
    t.equal(log(replica), 'up\nSIGTERM\ndrained\n')
  }
})

t.test('those that are not ready go first', async (t) => {
  const { deployments, scale, states, untilStates } = setUp(t, 1, { env: { NOT_READY_MS: '100' } })
  deployments.start()
  await deployments.ready(never)
  scale(2)
  await untilStates('ready', 'starting')
  const [ready, starting] = deployments.of('orders')
  scale(1)
  t.equal(starting?.state, 'terminating')
  t.equal(ready?.state, 'ready')
  scale(0)
  t.strictSame(states(), ['terminating', 'terminating'])
})

t.test('a crash is told, and another takes its place', async (t) => {
  const { crashes, deployments, states, until } = setUp(t, 1)
  deployments.start()
  await deployments.ready(never)
  const [first] = deployments.of('orders') as [Replica]
  process.kill(first.pid as number, 'SIGKILL')
  await until(() => crashes.length > 0 && states().join() === 'ready')
  t.strictSame(crashes, ['was ended by SIGKILL'])
  t.not(deployments.of('orders')[0], first)
})

t.test('a pod deleted through the API drains and is replaced', async (t) => {
  const { crashes, deployments, log, podNames, store, until } = setUp(t, 1)
  deployments.start()
  await deployments.ready(never)
  const [first] = deployments.of('orders') as [Replica]
  remove(store, podResource, { namespace, name: first.name }, undefined)
  t.equal(first.state, 'terminating')
  t.match(read(store, podResource, { namespace, name: first.name }).metadata, { deletionGracePeriodSeconds: 5 })
  await first.exited
  t.equal(log(first), 'up\nSIGTERM\ndrained\n')
  await until(() => deployments.of('orders').some((replica) => replica !== first && replica.state === 'ready'))
  t.strictSame(
    podNames(),
    deployments.of('orders').map(({ name }) => name),
  )
  t.strictSame(crashes, [])
})

t.test('deleted by force it is killed, which is no crash', async (t) => {
  const { crashes, deployments, podNames, store, until } = setUp(t, 1, { env: { DRAIN_DELAY_MS: '60000' } })
  deployments.start()
  await deployments.ready(never)
  const [first] = deployments.of('orders') as [Replica]
  remove(store, podResource, { namespace, name: first.name }, 0)
  t.notOk(podNames().includes(first.name))
  await first.exited
  await until(() => deployments.of('orders').some(({ state }) => state === 'ready'))
  t.notOk(podNames().includes(first.name))
  t.strictSame(crashes, [])
})

t.test('pods, deployments and sizes that others make up do no harm', async (t) => {
  const { deployments, store, until, untilStates } = setUp(t, 1)
  deployments.start()
  await deployments.ready(never)
  const [pod] = store.list('pods').items
  const own = store.get('deployments', namespace, name)
  if (pod === undefined || own === undefined) throw new Error('the replica and its deployment are shown')
  store.create('pods', { ...pod, metadata: { name: 'mine', namespace } })
  remove(store, podResource, { namespace, name: 'mine' }, undefined)
  t.equal(store.get('pods', namespace, 'mine'), undefined, 'nobody else would remove it')
  store.create('deployments', { ...own, metadata: { ...own.metadata, name: 'other' }, spec: { ...own.spec, replicas: 3 } })
  t.equal(deployments.of('orders').length, 1)
  store.remove('deployments', namespace, name)
  await until(() => deployments.of('orders').length === 0)
  store.create('deployments', { ...own, metadata: { name, namespace } })
  await untilStates('ready')
})

t.test('the end: all at once and without a wait, and nothing comes after it', async (t) => {
  const { crashes, deployments, log, scale, states } = setUp(t, 2, { env: { DRAIN_DELAY_MS: '60000' } })
  deployments.start()
  await deployments.ready(never)
  const replicas = deployments.of('orders')
  scale(3)
  await deployments.stop(5000)
  t.strictSame(states(), [])
  for (const replica of replicas) t.equal(log(replica), 'up\nSIGINT\ndrained\n')
  scale(4)
  await new Promise((resolve) => setImmediate(resolve))
  t.strictSame(states(), [])
  t.strictSame(crashes, [])
})

t.test('waiting for ready ends with the signal', async (t) => {
  const { deployments } = setUp(t, 1, { env: { FAULT: 'slow' } })
  deployments.start()
  const waiting = new AbortController()
  const ready = deployments.ready(waiting.signal)
  waiting.abort()
  await t.rejects(ready, { name: 'AbortError' })
})
