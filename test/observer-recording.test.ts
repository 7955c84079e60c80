import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '@headroom/kit/testing'
import t, { type Test } from 'tap'
import { service } from '../services/observer/app.ts'
import type { FleetSample, ServiceSample } from '../services/observer/lib/samples.ts'
import { readRecording } from '../tools/report/recording.ts'
import { runReport } from '../tools/report/report.ts'

const nowhere = { KUBECONFIG: '/nowhere/kubeconfig', NAMESPACE: 'shop' }
const startedAtMs = Date.parse('2026-11-22T10:00:00.000Z')
const at = (seconds: number) => new Date(startedAtMs + seconds * 1000).toISOString()
const pod = (name: string, state: ServiceSample['pods'][0]['state'] = 'ready') => ({ name, state, requestsPerS: 4, cpuMillicores: 30 })

function sample(seconds: number, ...pods: ServiceSample['pods']): FleetSample {
  const ready = pods.filter(({ state }) => state === 'ready').length
  const rates = { requestsPerS: 4 * ready, shedPerS: null, failedPerS: 0, p50Ms: 3, p99Ms: 9 }
  const orders = { current: pods.length, desired: pods.length, ready, cpuPercent: 75, targetPercent: 60, ...rates, pods }
  return { at: at(seconds), services: { orders }, edges: [] }
}

/** What the observer answers after these samples, written to a folder. */
async function recorded(t: Test, samples: FleetSample[]): Promise<{ folder: string; reply: { headers: object; statusCode: number } }> {
  const { server } = await build(t, service, nowhere)
  const { caches } = server.cluster
  const containers = [{ name: 'app', resources: { requests: { cpu: '40m' }, limits: { cpu: '0.08' } } }]
  caches.deployments = [{ metadata: { name: 'orders' }, spec: { replicas: 1, template: { spec: { containers } } } }]
  const target = { type: 'Utilization', averageUtilization: 60 }
  const metrics = [{ type: 'ContainerResource', containerResource: { name: 'cpu', container: 'app', target } }]
  caches.autoscalers = [{ spec: { scaleTargetRef: { kind: 'Deployment', name: 'orders' }, maxReplicas: 4, metrics } }]
  // A decision is kept longer than its sample.
  server.traffic.history.add(sample(-60, pod('forgotten')), [{ at: at(-60), service: 'orders', from: 2, to: 1, reason: 'long ago' }])
  server.traffic.history.samples.length = 0
  for (const [index, one] of samples.entries()) {
    server.traffic.history.add(one, index === 1 ? [{ at: one.at, service: 'orders', from: 1, to: 2, reason: 'CPU 75 %' }] : [])
  }
  const reply = await server.inject('/recording')
  const folder = mkdtempSync(join(tmpdir(), 'headroom-recording-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  writeFileSync(join(folder, 'recording.ndjson'), reply.body)
  return { folder, reply }
}

t.test('what the observer saw is a recording that can be read and reported on', async (t) => {
  const { folder, reply } = await recorded(t, [
    sample(0, pod('a')),
    sample(2, pod('a'), pod('b', 'starting'), pod('c', 'failed')),
    sample(4.5, pod('a'), pod('b')),
    sample(6, pod('b'), pod('a', 'draining')),
    sample(8, pod('b')),
  ])
  t.match(reply, { statusCode: 200, headers: { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' } })
  const recording = readRecording(join(folder, 'recording.ndjson'))
  t.match(recording.header, {
    engine: 'kubernetes',
    startedAt: '2026-11-22T10:00:00.000Z',
    speed: 1,
    services: { orders: { minReplicas: 1, maxReplicas: 4, cpuRequestMillicores: 40, cpuLimitMillicores: 80, spec: { maxReplicas: 4 } } },
  })
  const [first, second] = recording.samples
  t.strictSame(
    recording.samples.map(({ atS }) => atS),
    [0, 2, 4.5, 6, 8],
  )
  t.match(first, { load: null, services: { orders: { requestsPerS: 4, shedPerS: 0, pods: [pod('a')] } } })
  t.equal(second?.services.orders?.pods?.length, 2, 'one that failed is no replica')
  t.strictSame(recording.decisions, [{ atS: 2, service: 'orders', from: 1, to: 2, reason: 'CPU 75 %' }])
  t.strictSame(
    recording.pods.map(({ atS, pod, state }) => [atS, pod, state]),
    [
      [0, 'a', 'ready'],
      [2, 'b', 'starting'],
      [4.5, 'b', 'ready'],
      [6, 'a', 'draining'],
      [8, 'a', 'gone'],
    ],
  )
  // No load was offered, so the limits on it do not hold.
  const code = runReport([folder], { out: () => {}, error: (text) => t.fail(text) })
  t.equal(code, 1)
  const { services } = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  t.match(services.orders, { replicas: { min: 1, max: 2 }, startUp: { medianS: 2.5 }, changes: 1 })
})

t.test('before its first look there is a header, and the report says that there is nothing yet', async (t) => {
  const { folder } = await recorded(t, [])
  let error = ''
  t.equal(runReport([folder], { out: () => {}, error: (text) => (error += text) }), 64)
  t.match(error, /ends before its first sample/)
})

t.test('a clock that was set back does not make a recording that is refused', async (t) => {
  const { folder } = await recorded(t, [sample(0, pod('a')), sample(10, pod('a')), sample(4, pod('a'))])
  t.strictSame(
    readRecording(join(folder, 'recording.ndjson')).samples.map(({ atS }) => atS),
    [0, 10, 10],
  )
})
