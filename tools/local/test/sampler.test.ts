import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import type { Usage } from '../cpu-usage.ts'
import { Store } from '../kube/store.ts'
import { toAutoscaler, toDeployment } from '../objects.ts'
import { Sampler, type SamplerOptions } from '../sampler.ts'
import type { ServiceValues } from '../values.ts'
import { leastValues } from './on-sale.ts'

// Real processes: a busy machine takes its time.
t.setTimeout(90_000)

const autoscaling = { ...leastValues.autoscaling, enabled: true }
const values = { ...leastValues, autoscaling, service: 'orders', name: 'headroom-orders' } as ServiceValues

/** An ops port whose counters a test sets; undefined leaves the caller waiting. It tells before it answers. */
async function opsPort(
  t: Test,
  whenAsked = () => {},
): Promise<{ port: number; count: (arrivals: number | undefined, shed?: number) => void }> {
  let text: string | undefined = ''
  const server = createServer((_request, response) => {
    whenAsked()
    if (text !== undefined) response.end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const count = (arrivals: number | undefined, shed = 0) => {
    text = arrivals === undefined ? undefined : `http_server_requests_total ${arrivals}\nhttp_server_requests_shed_total ${shed}\n`
  }
  return { port: (server.address() as AddressInfo).port, count }
}

type Replica = ReturnType<SamplerOptions['deployments']['of']>[number]

function setUp(replicas: Replica[], usage: Record<number, number> = {}) {
  const store = new Store()
  store.create('deployments', toDeployment(values))
  store.create('horizontalpodautoscalers', toAutoscaler(values))
  const shown: unknown[] = []
  const sampler = new Sampler({
    store,
    deployments: {
      of: () => replicas,
      pods: { showUsage: (name, { values }, { millicores }) => shown.push([name, values.name, millicores]) },
    },
    cpu: { of: (pid): Usage | undefined => (pid in usage ? { millicores: usage[pid] as number, windowMs: 1000, atMs: 0 } : undefined) },
    services: [{ service: 'orders', values }],
  })
  return { store, sampler, shown, sample: async () => (await sampler.sample()).orders }
}

t.test('sizes, CPU of the ready ones against the request, and rates since the last look', async (t) => {
  const [a, b] = [await opsPort(t), await opsPort(t)]
  const starting = await opsPort(t, () => t.fail('one that starts is not asked'))
  const replicas = [
    { name: 'a', state: 'ready' as const, pid: 1, opsPort: a.port },
    { name: 'b', state: 'terminating' as const, pid: 2, opsPort: b.port },
    { name: 'c', state: 'starting' as const, pid: 3, opsPort: starting.port },
  ]
  const { sample, store } = setUp(replicas, { 1: 90, 2: 500, 3: 500 })
  a.count(100)
  b.count(100)
  await sample()
  a.count(130, 5)
  b.count(110)
  const second = await sample()
  t.match(second, { current: 2, desired: 1, ready: 1, cpuPercent: 90, targetPercent: 60, failedPerS: 0, p99Ms: null })
  t.ok(Number(second?.requestsPerS) > 0)
  t.equal(Math.round((Number(second?.requestsPerS) / Number(second?.shedPerS)) * 10) / 10, 8, '40 arrivals, 5 of them shed')
  t.equal(second?.averageUtilization, null, 'the autoscaler has not looked')
  store.change('horizontalpodautoscalers', 'headroom', 'headroom-orders', (hpa) => {
    const containerResource = { name: 'cpu', container: 'app', current: { averageUtilization: 73 } }
    hpa.status = { desiredReplicas: 3, currentMetrics: [{ type: 'ContainerResource', containerResource }] }
  })
  t.match(await sample(), { desired: 3, averageUtilization: 73 })
})

t.test('each replica with its state, its share of the requests and its CPU, but none that is gone', async (t) => {
  const [a, b] = [await opsPort(t), await opsPort(t)]
  const { sampler } = setUp(
    [
      { name: 'a', state: 'ready', pid: 1, opsPort: a.port },
      { name: 'b', state: 'terminating', pid: 2, opsPort: b.port },
      { name: 'c', state: 'starting', pid: 3, opsPort: 1 },
      { name: 'd', state: 'gone', pid: 4, opsPort: 1 },
    ],
    { 1: 90.1234, 2: 500 },
  )
  const look = async () => (await sampler.sample(-2500)).orders?.pods
  a.count(100)
  b.count(100)
  await look()
  a.count(130)
  b.count(110)
  const pods = await look()
  const measured = { cpuAtS: 2.5, cpuWindowS: 1 }
  t.match(pods, [
    { name: 'a', state: 'ready', cpuMillicores: 90.123, ...measured },
    { name: 'b', state: 'draining', cpuMillicores: 500, ...measured },
    { name: 'c', state: 'starting', requestsPerS: null, cpuMillicores: null },
  ])
  t.equal(pods?.length, 3)
  t.equal(Math.round((Number(pods?.[0]?.requestsPerS) / Number(pods?.[1]?.requestsPerS)) * 10) / 10, 3, '30 requests and 10')
})

t.test('a replica that comes, leaves or is gone while others are looked at: the size and the pods are of one moment', async (t) => {
  const leaves: Replica = { name: 'leaves', state: 'ready', pid: 2, opsPort: 1 }
  const goes: Replica = { name: 'goes', state: 'terminating', pid: 3, opsPort: 1 }
  const replicas = [leaves, goes]
  const { port } = await opsPort(t, () => {
    leaves.state = 'terminating'
    goes.state = 'gone'
    replicas.push({ name: 'comes', state: 'ready', pid: 4, opsPort: 1 })
  })
  replicas.push({ name: 'asked', state: 'ready', pid: 1, opsPort: port })
  const { sample } = setUp(replicas, { 1: 60, 2: 40, 3: 500 })
  const seen = await sample()
  t.match(seen, { current: 2, ready: 2, cpuPercent: 50 })
  t.match(seen?.pods, [
    { name: 'leaves', state: 'ready', cpuMillicores: 40 },
    { name: 'goes', state: 'draining', cpuMillicores: 500 },
    { name: 'asked', state: 'ready', cpuMillicores: 60 },
  ])
  t.equal(seen?.pods?.length, 3)
})

t.test('what a replica served while it did not answer is counted when it does, and not what it served before', async (t) => {
  const { port, count } = await opsPort(t)
  const { sample } = setUp([{ name: 'a', state: 'ready', pid: 1, opsPort: port }])
  count(100_000)
  await sample()
  count(undefined)
  t.match(await sample(), { requestsPerS: 0, pods: [{ requestsPerS: null }] })
  count(100_010)
  const after = await sample()
  t.ok(Number(after?.requestsPerS) > 0 && Number(after?.requestsPerS) < 10_000, `${after?.requestsPerS}/s`)
})

t.test('a replica that answers late or is gone has nothing to say, and holds nobody up', async (t) => {
  const late = await opsPort(t)
  late.count(undefined)
  const { sample } = setUp([
    { name: 'late', state: 'ready', pid: 1, opsPort: late.port },
    { name: 'gone', state: 'ready', pid: 2, opsPort: 1 },
  ])
  const startedAt = performance.now()
  t.match(await sample(), { current: 2, ready: 2, cpuPercent: null, requestsPerS: 0 })
  t.ok(performance.now() - startedAt < 20_000, 'a busy machine takes its time; the late one would never have answered')
})

t.test('a fixed size has no target', async (t) => {
  const fixed = { ...values, autoscaling: { ...autoscaling, enabled: false } }
  const sampler = new Sampler({
    store: new Store(),
    deployments: { of: () => [], pods: { showUsage: () => {} } },
    cpu: { of: () => undefined },
    services: [{ service: 'orders', values: fixed }],
  })
  t.match(await sampler.sample(), { orders: { current: 0, desired: 0, ready: 0, targetPercent: null } })
})

t.test('usage is published for whoever has been measured', async (t) => {
  const replica = { opsPort: 1, state: 'ready' as const }
  const { sampler, shown } = setUp(
    [
      { ...replica, name: 'a', pid: 1 },
      { ...replica, name: 'young', pid: 2 },
      { ...replica, name: 'gone', pid: 1, state: 'gone' },
    ],
    { 1: 90 },
  )
  sampler.publishUsage()
  t.strictSame(shown, [['a', 'headroom-orders', 90]])
})
