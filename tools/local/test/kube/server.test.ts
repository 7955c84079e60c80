import t, { type Test } from 'tap'
import { buildKube } from '../../kube/server.ts'
import { Store } from '../../kube/store.ts'
import type { Deployment } from '../../kube/types.ts'
import { deployment, event, hpa, lease, pod } from './objects.ts'

function build(t: Test) {
  const store = new Store()
  const app = buildKube(store)
  t.teardown(() => app.close())
  return { store, app }
}

const APPS = '/apis/apps/v1/namespaces/default/deployments'
const HPAS = '/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers'
const MERGE = { 'content-type': 'application/merge-patch+json' }

t.test('discovery names every group, with short names and subresources', async (t) => {
  const { app } = build(t)
  const groups = (await app.inject('/apis')).json().groups.map(({ name }: { name: string }) => name)
  t.strictSame(groups, ['apps', 'autoscaling', 'coordination.k8s.io', 'events.k8s.io', 'metrics.k8s.io'])
  const { resources } = (await app.inject('/apis/apps/v1')).json()
  t.strictSame(
    resources.map(({ name }: { name: string }) => name),
    ['deployments', 'deployments/status', 'deployments/scale'],
  )
  for (const path of ['/api', '/api/v1', '/version', '/apis/metrics.k8s.io/v1beta1', '/apis/autoscaling', '/readyz']) {
    t.equal((await app.inject(path)).statusCode, 200, path)
  }
})

const deploymentAt = (object: Deployment, replicas: number): Deployment => ({ ...object, spec: { ...object.spec, replicas } })

t.test('an object is created, read, replaced, patched and deleted', async (t) => {
  const { app } = build(t)
  const created = await app.inject({ method: 'POST', url: APPS, payload: deployment('orders', 1) })
  t.equal(created.statusCode, 201)
  const replaced = await app.inject({
    method: 'PUT',
    url: `${APPS}/orders`,
    payload: deploymentAt(created.json<Deployment>(), 2),
  })
  t.match(replaced.json(), { spec: { replicas: 2 }, metadata: { generation: 2 } })
  const stale = await app.inject({ method: 'PUT', url: `${APPS}/orders`, payload: created.json() })
  t.match(stale.json(), { kind: 'Status', code: 409, reason: 'Conflict' })
  const patched = await app.inject({
    method: 'PATCH',
    url: `${APPS}/orders`,
    headers: MERGE,
    payload: '{"metadata":{"annotations":{"a":"b"}}}',
  })
  t.match(patched.json().metadata, { annotations: { a: 'b' }, labels: { app: 'orders' } })
  t.equal((await app.inject({ method: 'DELETE', url: `${APPS}/orders` })).statusCode, 200)
  t.match((await app.inject(`${APPS}/orders`)).json(), { code: 404, reason: 'NotFound', message: 'deployments.apps "orders" not found' })
})

t.test('the scale of a deployment is read, put and patched', async (t) => {
  const { app, store } = build(t)
  store.create('deployments', deployment('orders', 2))
  const scale = (await app.inject(`${APPS}/orders/scale`)).json()
  t.match(scale, { kind: 'Scale', apiVersion: 'autoscaling/v1', spec: { replicas: 2 }, status: { replicas: 2, selector: 'app=orders' } })
  await app.inject({ method: 'PUT', url: `${APPS}/orders/scale`, payload: { ...scale, spec: { replicas: 5 } } })
  t.equal(store.get('deployments', 'default', 'orders')?.spec.replicas, 5)
  const old = await app.inject({ method: 'PUT', url: `${APPS}/orders/scale`, payload: { ...scale, spec: { replicas: 6 } } })
  t.equal(old.statusCode, 409)
  await app.inject({ method: 'PATCH', url: `${APPS}/orders/scale`, headers: MERGE, payload: '{"spec":{"replicas":0}}' })
  t.equal(store.get('deployments', 'default', 'orders')?.spec.replicas, 0)
  const bad = await app.inject({ method: 'PATCH', url: `${APPS}/orders/scale`, headers: MERGE, payload: '{"spec":{"replicas":-1}}' })
  t.match(bad.json(), { code: 422, reason: 'Invalid' })
})

t.test('a status goes through its own door', async (t) => {
  const { app, store } = build(t)
  store.create('horizontalpodautoscalers', hpa('orders'))
  const payload = '{"status":{"desiredReplicas":4},"spec":{"maxReplicas":99}}'
  const patched = await app.inject({ method: 'PATCH', url: `${HPAS}/orders/status`, headers: MERGE, payload })
  t.match(patched.json(), { status: { desiredReplicas: 4 }, spec: { maxReplicas: 8 } })
  const main = await app.inject({ method: 'PATCH', url: `${HPAS}/orders`, headers: MERGE, payload })
  t.match(main.json(), { status: { desiredReplicas: 4 }, spec: { maxReplicas: 99 } })
})

t.test('what the API server would refuse is refused', async (t) => {
  const { app, store } = build(t)
  const post = (url: string, payload: object | string, headers: Record<string, string> = {}) =>
    app.inject({ method: 'POST', url, payload, headers })
  t.match((await post(HPAS, { ...hpa('orders'), spec: { ...hpa('orders').spec, maxReplicas: 1 } })).json(), {
    code: 422,
    message: 'HorizontalPodAutoscaler "orders" is invalid: spec.maxReplicas must not be less than spec.minReplicas',
  })
  t.match((await post(APPS, pod('orders'))).json(), { code: 400, message: 'expected apps/v1 Deployment, got v1 Pod' })
  t.match((await post(APPS, deployment('Not_A_Name', 1))).json(), { code: 422 })
  t.match((await post(APPS, '{"metadata"', { 'content-type': 'application/json' })).json(), { code: 400, kind: 'Status' })
  t.match((await post(APPS, 'a: b', { 'content-type': 'application/yaml' })).json(), { code: 415, reason: 'UnsupportedMediaType' })
  store.create('deployments', deployment('orders', 1))
  const strategic = { 'content-type': 'application/json' }
  t.match((await app.inject({ method: 'PATCH', url: `${APPS}/orders`, headers: strategic, payload: '[]' })).json(), { code: 415 })
  t.match((await app.inject('/api/v1/pods?labelSelector=a%20b')).json(), { code: 400 })
  t.match((await app.inject('/api/v1/secrets')).json(), { code: 404, kind: 'Status' })
})

t.test('a foreign host name is turned away', async (t) => {
  const { app } = build(t)
  t.equal((await app.inject({ url: '/api', headers: { host: 'evil.example' } })).statusCode, 403)
  t.equal((await app.inject({ url: '/api', headers: { host: '127.0.0.1:4000' } })).statusCode, 200)
})

t.test('a deleted pod stays until its process has ended', async (t) => {
  const { app, store } = build(t)
  store.create('pods', pod('a'))
  const url = '/api/v1/namespaces/default/pods/a'
  const marked = await app.inject({ method: 'DELETE', url, payload: { gracePeriodSeconds: 5 } })
  t.match(marked.json().metadata, { deletionTimestamp: /Z$/, deletionGracePeriodSeconds: 5 })
  const again = await app.inject({ method: 'DELETE', url })
  t.equal(again.json().metadata.deletionTimestamp, marked.json().metadata.deletionTimestamp)
  t.ok(store.get('pods', 'default', 'a'))
  await app.inject({ method: 'DELETE', url: `${url}?gracePeriodSeconds=0` })
  t.notOk(store.get('pods', 'default', 'a'))
})

t.test('one event in both dialects', async (t) => {
  const { app, store } = build(t)
  store.create('events', event('a'))
  const modern = (await app.inject('/apis/events.k8s.io/v1/namespaces/default/events/a')).json()
  t.match(modern, {
    apiVersion: 'events.k8s.io/v1',
    note: /New size: 4/,
    regarding: { name: 'orders' },
    reportingController: 'horizontal-pod-autoscaler',
  })
  const { name: _, ...metadata } = modern.metadata
  const payload = { ...modern, metadata: { ...metadata, generateName: 'b-' }, type: 'Warning', note: 'slow' }
  const posted = await app.inject({ method: 'POST', url: '/apis/events.k8s.io/v1/namespaces/default/events', payload })
  t.match(posted.json().metadata.name, /^b-[a-z0-9]{5}$/)
  const core = (await app.inject('/api/v1/events?fieldSelector=type%3DWarning')).json().items
  t.match(core, [{ apiVersion: 'v1', message: 'slow', type: 'Warning', involvedObject: { name: 'orders' } }])
})

t.test('metrics can be read and nothing else', async (t) => {
  const { app, store } = build(t)
  store.create('podmetrics', {
    apiVersion: 'metrics.k8s.io/v1beta1',
    kind: 'PodMetrics',
    metadata: { name: 'a', namespace: 'default' },
    timestamp: new Date().toISOString(),
    window: '15s',
    containers: [{ name: 'app', usage: { cpu: '120m' } }],
  })
  const url = '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods'
  t.match((await app.inject(url)).json(), { kind: 'PodMetricsList', items: [{ containers: [{ usage: { cpu: '120m' } }] }] })
  t.match((await app.inject(`${url}?watch=true`)).json(), { code: 405 })
  t.equal((await app.inject({ method: 'DELETE', url: `${url}/a` })).statusCode, 404)
})

t.test('the target of one container is shown like that of a pod', async (t) => {
  const { app, store } = build(t)
  const target = { type: 'Utilization' as const, averageUtilization: 60 }
  const metrics = [{ type: 'ContainerResource' as const, containerResource: { name: 'cpu', container: 'app', target } }]
  const currentMetrics = [{ type: 'ContainerResource' as const, containerResource: { name: 'cpu', current: { averageUtilization: 7 } } }]
  store.create('horizontalpodautoscalers', {
    ...hpa('orders'),
    spec: { ...hpa('orders').spec, metrics },
    status: { desiredReplicas: 2, currentMetrics },
  })
  const table = (await app.inject({ url: HPAS, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } })).json()
  t.equal(table.rows[0].cells[2], 'cpu: 7%/60%')
})

t.test('a table has the columns people know', async (t) => {
  const { app, store } = build(t)
  store.create('pods', pod('a'))
  store.create('deployments', deployment('orders', 2))
  store.create('leases', lease('leader'))
  store.create('events', event('e'))
  store.create('horizontalpodautoscalers', {
    ...hpa('orders'),
    status: {
      desiredReplicas: 2,
      currentReplicas: 2,
      currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 48 } } }],
    },
  })
  const rows = async (url: string) => {
    const table = (await app.inject({ url, headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' } })).json()
    t.equal(table.kind, 'Table')
    return table.rows.map(({ cells }: { cells: unknown[] }) => cells)
  }
  t.strictSame(await rows('/api/v1/pods'), [['a', '1/1', 'Running', 0, '0s', '<none>', '<none>']])
  t.strictSame(await rows(`${APPS}/orders`), [['orders', '2/2', 2, 2, '0s']])
  t.strictSame(await rows(HPAS), [['orders', 'Deployment/orders', 'cpu: 48%/60%', 2, 8, 2, '0s']])
  t.strictSame(await rows('/apis/coordination.k8s.io/v1/leases'), [['leader', 'a', '0s']])
  t.match(await rows('/api/v1/events'), [['0s', 'Normal', 'SuccessfulRescale', 'horizontalpodautoscaler/orders', /^New size: 4/]])
})
