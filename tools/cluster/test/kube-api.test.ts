import t from 'tap'
import { KubeApi } from '../kube-api.ts'
import { readRates, readTargets } from '../prometheus.ts'
import { fakeKubectl } from './fake-kubectl.ts'

const target = { context: 'kind-x', namespace: 'shop' }

t.test('reads, lists and finds through one proxy', async (t) => {
  fakeKubectl(t, {
    paths: {
      '/version': { body: { gitVersion: 'v1.34.4' } },
      '/api/v1/namespaces/shop/pods?labelSelector=a%3Db': { body: { items: [{ metadata: { name: 'p' } }] } },
      '/apis/apps/v1/namespaces/shop/deployments': { body: { items: [] } },
      '/down': { status: 503, body: { message: 'no endpoints' } },
      '/secret': { status: 403, body: { message: 'forbidden to you' } },
    },
  })
  const api = await KubeApi.open(target)
  t.teardown(() => api.close())
  t.same(await api.get('/version'), { gitVersion: 'v1.34.4' })
  t.same(await api.list('v1', 'pods', 'a=b'), [{ metadata: { name: 'p' } }])
  t.same(await api.list('apps/v1', 'deployments'), [])
  t.equal(await api.find('/nowhere'), undefined)
  t.equal(await api.find('/down'), undefined)
  await t.rejects(api.find('/secret'), { name: 'KubeApiError', status: 403, message: 'GET /secret: 403 forbidden to you' })
  await t.rejects(api.get('/nowhere'), { message: /404 not found/ })
})

t.test('a kubectl that is not there, or cannot start', async (t) => {
  const { PATH } = process.env
  t.teardown(() => {
    process.env.PATH = PATH
  })
  process.env.PATH = '/nonexistent'
  await t.rejects(KubeApi.open(target), { name: 'ClusterError', message: /kubectl is not on the PATH/ })
})

t.test('rates by service as Prometheus has them, and none where there is no Prometheus', async (t) => {
  const prometheus = '/api/v1/namespaces/monitoring/services/prometheus:9090/proxy/api/v1'
  const of = '{namespace="shop"}'
  const vector = (value: string) => ({ body: { data: { result: [{ metric: { service: 'headroom-orders' }, value: [0, value] }] } } })
  const query = (promql: string) => `${prometheus}/query?query=${encodeURIComponent(promql)}`
  const shed = (name: string) => `sum by (service) (rate(http_server_requests_${name}_total${of}[20s]))`
  const failed = 'http_server_request_duration_seconds_count{namespace="shop",http_response_status_code=~"5.."}'
  const targets = [
    { labels: { namespace: 'shop', pod: 'p' }, health: 'up', lastError: '' },
    { labels: { namespace: 'other', pod: 'q' }, health: 'up', lastError: '' },
  ]
  const { change } = fakeKubectl(t, {
    paths: {
      [query(`sum by (service) (rate(http_server_requests_total${of}[20s]))`)]: vector('12.5'),
      [query(`${shed('shed')} + ${shed('shed_behind')}`)]: vector('1'),
      [query(`sum by (service) (rate(${failed}[20s]))`)]: { body: { data: { result: [] } } },
      [query(`1000 * histogram_quantile(0.99, sum by (service, le) (rate(http_server_request_duration_seconds_bucket${of}[20s])))`)]:
        vector('NaN'),
      [`${prometheus}/targets?state=active`]: { body: { data: { activeTargets: targets } } },
    },
  })
  const api = await KubeApi.open(target)
  t.teardown(() => api.close())
  const rates = await readRates(api, ['orders', 'hello'])
  t.same(rates?.get('orders'), { requestsPerS: 12.5, shedPerS: 1, failedPerS: 0, p99Ms: null })
  t.same(rates?.get('hello'), { requestsPerS: 0, shedPerS: 0, failedPerS: 0, p99Ms: null })
  t.match(await readTargets(api), [{ labels: { pod: 'p' } }])
  change({ paths: {} })
  t.equal(await readRates(api, ['orders']), undefined)
})
