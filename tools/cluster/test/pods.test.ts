import t from 'tap'
import type { KubeReader } from '../kube-api.ts'
import { readinessOf, timesOf } from '../pods.ts'
import { readPodRates } from '../prometheus.ts'
import { durationMs, readUsage } from '../usage.ts'
import { pod } from './objects.ts'

const api = (answers: Record<string, unknown>): KubeReader => ({
  namespace: 'shop',
  find: async <T>(path: string) => answers[decodeURIComponent(path).replace(/^.*\/proxy\/api\/v1/, '')] as T | undefined,
})

t.test('CPU of each pod with the window it was measured in; none without a metrics API', async (t) => {
  const containers = [
    { name: 'app', usage: { cpu: '12345678n', memory: '1Mi' } },
    { name: 'mesh', usage: { cpu: '2m', memory: '1Mi' } },
  ]
  const items = [{ metadata: { name: 'a' }, timestamp: '2026-01-01T00:00:05Z', window: '10.062s', containers }]
  const found = await readUsage(api({ '/apis/metrics.k8s.io/v1beta1/namespaces/shop/pods': { items } }))
  t.strictSame([...(found ?? [])], [['a', { millicores: 15, atMs: Date.parse('2026-01-01T00:00:05Z'), windowMs: 10_062 }]])
  t.equal(await readUsage(api({})), undefined)
})

t.test('durations as Go writes them', async (t) => {
  t.strictSame(['15s', '1m0.5s', '800ms', '2h'].map(durationMs), [15_000, 60_500, 800, 7_200_000])
  for (const text of ['', '15', 's', '15s later']) t.ok(Number.isNaN(durationMs(text)), text)
})

t.test('requests of each pod, where Prometheus has a number for it', async (t) => {
  const result = [
    { metric: { pod: 'a' }, value: [0, '7.5'] },
    { metric: { pod: 'b' }, value: [0, 'NaN'] },
  ]
  const query = '/query?query=sum by (pod) (rate(http_server_requests_total{namespace="shop"}[20s]))'
  t.strictSame([...((await readPodRates(api({ [query]: { data: { result } } }))) ?? [])], [['a', 7.5]])
  t.equal(await readPodRates(api({})), undefined)
})

t.test('a pod has the times of the cluster: since when it runs, since when it is ready', async (t) => {
  const [startTime, lastTransitionTime] = ['2026-01-01T00:00:01Z', '2026-01-01T00:00:04Z']
  const [startedAtMs, readyAtMs] = [Date.parse(startTime), Date.parse(lastTransitionTime)]
  const ready = (status: string) => ({ startTime, conditions: [{ type: 'Ready', status, lastTransitionTime }] })
  t.strictSame(timesOf(pod('a', ready('True'))), { name: 'a', startedAtMs, readyAtMs })
  t.strictSame(timesOf(pod('a', ready('False'))), { name: 'a', startedAtMs, readyAtMs: null })
  t.equal(timesOf(pod('a', ready('True'), { deletionTimestamp: startTime })), undefined, 'it drains')
  t.equal(timesOf(pod('a', { phase: 'Pending' })), undefined, 'no node has it yet')
  t.strictSame(readinessOf(pod('a', ready('True'))), { name: 'a', ok: true, sinceMs: readyAtMs })
  t.strictSame(readinessOf(pod('a', ready('False'))), { name: 'a', ok: false, sinceMs: readyAtMs })
  t.equal(readinessOf(pod('a', ready('False'), { deletionTimestamp: startTime })), undefined, 'it says no because it leaves')
  t.equal(readinessOf(pod('a')), undefined, 'nobody knows since when')
})
