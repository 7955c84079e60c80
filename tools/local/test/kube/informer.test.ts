/** The API as the official JavaScript client sees it. */
import { CoreV1Api, CustomObjectsApi, type Informer, KubeConfig, Metrics, makeInformer, type V1Pod } from '@kubernetes/client-node'
import t, { type Test } from 'tap'
import { serveKube } from '../../kube/server.ts'
import { Store } from '../../kube/store.ts'
import { deployment, pod } from './objects.ts'

async function cluster(t: Test, historyMax?: number) {
  const store = new Store({ historyMax })
  const api = await serveKube(store, { bookmarkIntervalMs: 20 })
  t.teardown(() => api.close())
  const config = new KubeConfig()
  config.loadFromString(api.kubeconfig)
  return { store, api, config }
}

/** An informer on the pods of `orders`, and a way to wait for the next event it reports. */
async function watchPods(t: Test, config: KubeConfig) {
  const core = config.makeApiClient(CoreV1Api)
  const list = () => core.listNamespacedPod({ namespace: 'default', labelSelector: 'app=orders' })
  const informer = makeInformer(config, '/api/v1/namespaces/default/pods', list, 'app=orders')
  const seen: string[] = []
  let wake = () => {}
  for (const verb of ['add', 'update', 'delete'] as const) {
    informer.on(verb, (object: V1Pod) => {
      seen.push(`${verb} ${object.metadata?.name}`)
      wake()
    })
  }
  const upTo = async (count: number) => {
    while (seen.length < count) {
      await new Promise<void>((resolve) => {
        wake = resolve
      })
    }
    return seen
  }
  await informer.start()
  t.teardown(() => informer.stop())
  return { informer: informer as Informer<V1Pod> & { get: (name: string, namespace: string) => V1Pod | undefined }, upTo }
}

t.test('an informer follows additions, changes and deletions of its selection', async (t) => {
  const { store, config } = await cluster(t)
  store.create('pods', pod('a'))
  store.create('pods', pod('elsewhere', { app: 'payments' }))
  const { informer, upTo } = await watchPods(t, config)
  store.create('pods', pod('b'))
  store.change('pods', 'default', 'a', ({ status }) => {
    if (status) status.podIP = '127.0.0.1:1234'
  })
  store.remove('pods', 'default', 'b')
  t.strictSame(await upTo(4), ['add a', 'add b', 'update a', 'delete b'])
  t.equal(informer.get('a', 'default')?.status?.podIP, '127.0.0.1:1234')
})

t.test('an informer whose version has left the history lists again and misses nothing', async (t) => {
  const { store, config } = await cluster(t, 2)
  store.create('pods', pod('a'))
  const { informer, upTo } = await watchPods(t, config)
  await informer.stop()
  for (const name of ['b', 'c', 'd', 'e']) store.create('pods', pod(name))
  store.remove('pods', 'default', 'a')
  await informer.start()
  t.strictSame((await upTo(6)).sort(), ['add a', 'add b', 'add c', 'add d', 'add e', 'delete a'])
})

t.test('pod metrics are read by the metrics client', async (t) => {
  const { store, config } = await cluster(t)
  store.create('podmetrics', {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: { name: 'a', namespace: 'default' },
    timestamp: new Date().toISOString(),
    window: '15s',
    containers: [{ name: 'app', usage: { cpu: '120m' } }],
  })
  const { items } = await new Metrics(config).getPodMetrics('default')
  t.match(items, [{ metadata: { name: 'a' }, containers: [{ usage: { cpu: '120m' } }] }])
})

t.test('the generic client reads a deployment', async (t) => {
  const { store, config } = await cluster(t)
  store.create('deployments', deployment('orders', 3))
  const custom = config.makeApiClient(CustomObjectsApi)
  const found = await custom.getNamespacedCustomObject({
    group: 'apps',
    version: 'v1',
    namespace: 'default',
    plural: 'deployments',
    name: 'orders',
  })
  t.match(found, { spec: { replicas: 3 } })
})

/** The first events of a raw watch, parsed. */
async function firstEvents(url: string, count: number): Promise<{ type: string; object: { metadata?: object; code?: number } }[]> {
  const events: Awaited<ReturnType<typeof firstEvents>> = []
  const abort = new AbortController()
  const response = await fetch(url, { signal: abort.signal })
  let text = ''
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString()
    const lines = text.split('\n')
    text = lines.pop() ?? ''
    events.push(...lines.map((line) => JSON.parse(line)))
    if (events.length >= count) break
  }
  abort.abort()
  return events.slice(0, count)
}

t.test('a watch begins with what there is, carries bookmarks when asked, and can mark the end of the beginning', async (t) => {
  const { store, api } = await cluster(t)
  store.create('pods', pod('a'))
  const url = `${api.url}/api/v1/pods?watch=true&allowWatchBookmarks=true`
  t.match(await firstEvents(url, 2), [
    { type: 'ADDED', object: { metadata: { name: 'a' } } },
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '1' } } },
  ])
  t.match((await firstEvents(`${url}&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`, 2))[1], {
    type: 'BOOKMARK',
    object: { metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  })
})

t.test('a version too old is answered with 410 inside the stream', async (t) => {
  const { store, api } = await cluster(t, 1)
  for (const name of ['a', 'b', 'c']) store.create('pods', pod(name))
  t.match(await firstEvents(`${api.url}/api/v1/pods?watch=true&resourceVersion=1`, 1), [
    { type: 'ERROR', object: { code: 410, reason: 'Expired' } },
  ])
})

t.test('a watch ends when its time is up, and when the API closes', async (t) => {
  const { api } = await cluster(t)
  const brief = await fetch(`${api.url}/api/v1/pods?watch=true&timeoutSeconds=1`)
  t.equal(await brief.text(), '')
  const open = await fetch(`${api.url}/api/v1/pods?watch=true`)
  const closed = open.text().catch(() => 'cut')
  await api.close()
  await closed
  t.pass('the stream did not hold the API open')
})

t.test('a client that leaves is forgotten', async (t) => {
  const { store, api } = await cluster(t)
  const stopped: string[] = []
  const watch = store.watch.bind(store)
  store.watch = (...args) => {
    const stop = watch(...args)
    return () => {
      stop()
      stopped.push(args[0])
      left()
    }
  }
  let left = () => {}
  const gone = new Promise<void>((resolve) => {
    left = resolve
  })
  const abort = new AbortController()
  await fetch(`${api.url}/api/v1/pods?watch=true`, { signal: abort.signal })
  abort.abort()
  await gone
  t.strictSame(stopped, ['pods'])
})
