import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { LiveView } from '@headroom/report/live'
import { type Recording, readRecording } from '@headroom/report/recording'
import { runReport } from '@headroom/report/report'
import t, { type Test } from 'tap'
import { surgeOnCluster } from '../demo.ts'
import { KubeApi } from '../kube-api.ts'
import { openRecording, serviceHeaders } from '../record.ts'
import { type FakeCluster, fakeKubectl } from './fake-kubectl.ts'
import { deployment, hpa, pod } from './objects.ts'

const target = { context: undefined, namespace: 'headroom' }
const options = { rate: 4, factor: 16, calmS: 1, surgeS: 1, afterS: 1 }
const services = ['gateway', 'orders', 'hello']
const names = services.map((service) => `headroom-${service}`)

const resources = { requests: { cpu: '40m' }, limits: { cpu: '80m' } }
const started = (name: string) => {
  const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: new Date(Date.now() + 60_000).toISOString() }]
  const made = pod(`${name}-a`, { startTime: '2026-01-01T00:00:00Z', conditions })
  return { ...made, metadata: { ...made.metadata, labels: { 'app.kubernetes.io/name': name } } }
}
const items = (list: object[]) => ({ body: { items: list } })
const ended = { name: 'load', restartCount: 0, state: { terminated: { exitCode: 0 } } }
const job = pod('headroom-load-x', { initContainerStatuses: [ended], containerStatuses: [{ ...ended, name: 'invariants' }] })
const used = [{ name: 'app', usage: { cpu: '21m', memory: '1Mi' } }]
const measured = { metadata: { name: 'headroom-orders-a' }, timestamp: '2026-01-01T00:00:05Z', window: '10s', containers: used }

const core = '/api/v1/namespaces/headroom'
const paths = (replicas = 1): FakeCluster['paths'] => ({
  '/version': { body: { gitVersion: 'v1.34.4' } },
  '/apis/apps/v1/namespaces/headroom/deployments': items(
    names.map((name) => {
      const made = deployment(name, replicas)
      return { ...made, spec: { ...made.spec, template: { spec: { containers: [{ name: 'app', resources }] } } } }
    }),
  ),
  '/apis/autoscaling/v2/namespaces/headroom/horizontalpodautoscalers': items(names.slice(0, 2).map((name) => hpa(name))),
  [`${core}/events`]: items([]),
  [`${core}/pods`]: items([...names.map(started), job]),
  [`${core}/pods?labelSelector=job-name%3Dheadroom-load`]: items([job]),
  '/apis/metrics.k8s.io/v1beta1/namespaces/headroom/pods': items([measured]),
})

const counts = { offered: 10, ok: 10, refused: 0, limited: 0, shed: 0, failed: 0 }
const loadFromMs = Date.now()
const second = (t: number, stage: string) => JSON.stringify({ t, atMs: loadFromMs + t * 1000, stage, ...counts, p50Ms: 2, p99Ms: 9 })
const summary = {
  startedAt: '2026-01-01T00:00:00.000Z',
  stages: [{ name: 'surge', durationS: 1, ratePerS: 64 }],
  requests: { ...counts, offered: 30, ok: 30 },
  orders: { attempted: 10, confirmed: 10 },
  latencyMs: { p50: 2, p95: 5, p99: 9, max: 12 },
}
const load = `${[second(1, 'calm'), second(2, 'surge'), second(3, 'after'), JSON.stringify({ summary })].join('\n')}\n`

/** A surge on a cluster that is played. */
async function surge(t: Test, cluster: FakeCluster) {
  fakeKubectl(t, cluster)
  const api = await KubeApi.open(target)
  t.teardown(() => api.close())
  const out = mkdtempSync(join(tmpdir(), 'headroom-cluster-'))
  t.teardown(() => rmSync(out, { recursive: true }))
  for (const name of ['report.html', 'summary.json']) writeFileSync(join(out, name), 'of an earlier run')
  let told = ''
  const view = new LiveView({ write: (text: string) => (told += text) })
  const run = () => surgeOnCluster({ target, api, tag: 'abc-dirty-1', services, registry: undefined }, options, out, view)
  return { run, api, out: (name: string) => join(out, name), told: () => told }
}

t.test('a surge leaves a recording and its report, whose verdicts are those of the run', async (t) => {
  const { run, out, told } = await surge(t, { paths: paths(), logs: [load, 'I1    yes     12   stock\n'] })
  const { verdicts } = await run()
  t.strictSame(
    verdicts.map(({ limit, holds }) => [limit.replace(/ \d.*/, ''), holds]),
    [
      ['no request failed', true],
      ['at least', true],
      ['shed and limited at most', true],
      ['all invariants hold', true],
      ['at least', false],
      ['all services back at their minimum within', true],
    ],
  )
  t.match(told(), `FAIL  at least 2 services reached 4 replicas (none did)`)
  t.match(told(), out('report.html'))
  const report = JSON.parse(readFileSync(out('report.json'), 'utf8'))
  t.strictSame(report.verdicts, verdicts)
  t.strictSame(report.versions, { headroom: 'abc-dirty-1', kubernetes: 'v1.34.4' })
  const html = readFileSync(out('report.html'), 'utf8')
  t.equal(runReport([out('.')], { out: () => {}, error: (text) => t.fail(text) }), 1, 'one limit does not hold')
  t.equal(readFileSync(out('report.html'), 'utf8'), html, 'the same bytes again')
  const recording: Recording = readRecording(out('recording.ndjson'))
  t.match(recording, {
    header: { engine: 'kubernetes', speed: 1 },
    end: { load: summary, invariants: { I1: { holds: true, checked: 12 } } },
  })
  const { cpuAtS, ...own } = recording.samples.at(-1)?.services.orders?.pods?.[0] ?? {}
  t.strictSame(own, { name: 'headroom-orders-a', state: 'ready', requestsPerS: null, cpuMillicores: 21, cpuWindowS: 10 })
  t.equal(recording.samples.at(-1)?.services.orders?.cpuPercent, 12, "the one in the autoscaler's status")
  t.match(recording.pods, [{ pod: 'headroom-gateway-a', state: 'ready' }, {}, {}])
  t.match(recording.probes, [{ service: 'gateway', pod: 'headroom-gateway-a', probe: 'readiness', ok: true }, {}, {}])
  t.strictSame(
    recording.samples.flatMap(({ load }) => load?.stage ?? []),
    ['calm', 'surge', 'after'],
  )
})

t.test('a surge that fails leaves what was seen, without an end, and no report', async (t) => {
  const { run, out } = await surge(t, { paths: paths(), logs: ['the shop cannot be read\n'] })
  await t.rejects(run(), { message: /no summary: the shop cannot be read/ })
  const { end, samples } = readRecording(out('recording.ndjson'))
  t.equal(end, undefined)
  t.ok(samples.length > 0)
  t.notOk(existsSync(out('report.html')) || existsSync(out('summary.json')), 'those of an earlier run are gone')
})

t.test('without a metrics API and without Prometheus both are told once, and their figures are not known', async (t) => {
  const { '/apis/metrics.k8s.io/v1beta1/namespaces/headroom/pods': _, ...rest } = paths()
  const forbidden = { status: 403, body: { message: 'forbidden to you' } }
  const { run, out, told } = await surge(t, { paths: rest, logs: [load, 'I1    yes     12   stock\n'] })
  await run()
  const [own] = readRecording(out('recording.ndjson')).samples[0]?.services.orders?.pods ?? []
  t.strictSame(own, { name: 'headroom-orders-a', state: 'ready', requestsPerS: null, cpuMillicores: null })
  t.equal(told().match(/no metrics API \(metrics\.k8s\.io\) answers here/g)?.length, 1)
  t.equal(told().match(/no Prometheus of k8s\/prometheus\.yaml answers here/g)?.length, 1)
  const refused = await surge(t, {
    paths: { ...rest, '/apis/metrics.k8s.io/v1beta1/namespaces/headroom/pods': forbidden },
    logs: [load, 'I1    yes     12   stock\n'],
  })
  await refused.run()
  t.match(refused.told(), /the metrics API cannot be read, and the CPU of single pods is not recorded: .*forbidden to you/)
})

t.test('the numbers of each service: resources of its Deployment, sizes and spec of its autoscaler', async (t) => {
  const made = deployment('headroom-orders', 3)
  made.spec.template.spec.containers = [
    { name: 'app', resources },
    { name: 'mesh', resources: { requests: { cpu: '0.01' } } },
  ]
  const own = hpa('headroom-orders', { spec: { minReplicas: 2, maxReplicas: 6 } })
  t.strictSame(serviceHeaders([made, deployment('headroom-hello', 2), deployment('prometheus')], [own], services), {
    orders: { minReplicas: 2, maxReplicas: 6, cpuRequestMillicores: 50, cpuLimitMillicores: 80, spec: own.spec },
    hello: { minReplicas: 2, maxReplicas: 2, cpuRequestMillicores: 40, cpuLimitMillicores: 0, spec: null },
  })
})

t.test('a folder that cannot be written is told before any load is offered', async (t) => {
  const { api, out } = await surge(t, { paths: paths() })
  writeFileSync(out('file'), '')
  await t.rejects(openRecording(api, services, out('file'), { startedAtMs: Date.now(), tag: 'x' }), { code: 'EEXIST' })
})
