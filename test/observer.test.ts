import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from '@headroom/kit/testing'
import t, { type Test } from 'tap'
import { service } from '../services/observer/app.ts'
import type { Fleet } from '../services/observer/lib/cluster-view.ts'
import type { Decision } from '../services/observer/lib/decisions.ts'
import { serveKube } from '../tools/local/kube/server.ts'
import { Store } from '../tools/local/kube/store.ts'
import type { Hpa, Pod } from '../tools/local/kube/types.ts'

const labels = { app: 'orders' }
const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'orders', namespace: 'shop', labels },
  spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'orders' }] } } },
})
const pod = (name: string): Pod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'shop', labels },
  spec: { containers: [{ name: 'orders' }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }] },
})

/** A cluster with one deployment, and the way to it. */
async function cluster(t: Test) {
  const store = new Store()
  const api = await serveKube(store, { namespace: 'shop' })
  const folder = mkdtempSync(join(tmpdir(), 'headroom-observer-'))
  t.teardown(async () => {
    await api.close()
    rmSync(folder, { recursive: true })
  })
  writeFileSync(join(folder, 'kubeconfig'), api.kubeconfig)
  store.create('deployments', deployment(1))
  return { store, KUBECONFIG: join(folder, 'kubeconfig') }
}

t.test('the observer, unmodified, follows the local Kubernetes API', async (t) => {
  const { store, KUBECONFIG } = await cluster(t)
  store.create('pods', pod('orders-1'))
  const { server } = await build(t, service, { KUBECONFIG })

  /** Resolves with the first fleet that is as asked; the test's own time limit ends a wait in vain. */
  const until = (wanted: (fleet: Fleet) => boolean) =>
    new Promise<Fleet>((resolve) => {
      const look = () => {
        const fleet = server.cluster.fleet()
        if (!wanted(fleet)) return
        stop()
        resolve(fleet)
      }
      const stop = server.cluster.onChange(look)
      look()
    })

  await server.listen({ host: '127.0.0.1', port: 0 })
  const first = await until(({ services }) => services[0]?.pods.length === 1)
  t.match(first, {
    access: 'ok',
    namespace: 'shop',
    stale: false,
    services: [{ name: 'orders', pods: [{ name: 'orders-1', state: 'ready' }] }],
  })

  store.create('pods', pod('orders-2'))
  store.change('deployments', 'shop', 'orders', ({ spec }) => {
    spec.replicas = 2
  })
  const grown = await until(({ services }) => services[0]?.pods.length === 2)
  t.equal(grown.services[0]?.pods[1]?.name, 'orders-2')

  store.remove('pods', 'shop', 'orders-1')
  const shrunk = await until(({ services }) => services[0]?.pods.length === 1)
  t.equal(shrunk.services[0]?.pods[0]?.name, 'orders-2')

  let looks = 0
  await new Promise<void>((resolve) =>
    server.traffic.onSample(() => {
      looks++
      if (looks === 4) resolve()
    }),
  )
  const { samples }: { samples: { at: string }[] } = (await server.inject('/samples')).json()
  const distancesMs = samples.slice(1).map(({ at }, i) => Date.parse(at) - Date.parse(samples[i]?.at ?? ''))
  // A busy machine may be late, so the middle one is looked at, with half a second of slack.
  const middleMs = distancesMs.toSorted((a, b) => a - b)[distancesMs.length >> 1] ?? 0
  t.ok(middleMs >= 900 && middleMs <= 1500, `a look each second unless told otherwise: ${distancesMs}`)
})

t.test('changes that follow each other faster than the looks are decisions of their own', async (t) => {
  const { store, KUBECONFIG } = await cluster(t)
  const status = (desiredReplicas: number, cpu: number): Hpa['status'] => ({
    currentReplicas: 1,
    desiredReplicas,
    currentMetrics: [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }],
  })
  store.create('horizontalpodautoscalers', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'orders', namespace: 'shop' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'orders' },
      maxReplicas: 9,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
    },
    status: status(1, 20),
  })
  const { server } = await build(t, service, { KUBECONFIG })
  const looked = (wanted: (decisions: Decision[]) => boolean) =>
    new Promise<Decision[]>((resolve) => server.traffic.onSample(({ decisions }) => void (wanted(decisions) && resolve(decisions))))
  await server.listen({ host: '127.0.0.1', port: 0 })
  await new Promise<void>((resolve) => server.cluster.onChange(() => server.cluster.fleet().access === 'ok' && resolve()))
  await looked(() => true)
  const decided = looked((decisions) => decisions.length > 0)
  for (const [desired, cpu] of [
    [3, 171],
    [5, 98],
    [5, 41],
  ] as const)
    store.change('horizontalpodautoscalers', 'shop', 'orders', (hpa) => {
      hpa.status = status(desired, cpu)
    })
  const figure = (cpu: number) => new RegExp(`CPU ${cpu} % of target 60 %$`)
  t.match(await decided, [
    { from: 1, to: 3, reason: figure(171) },
    { from: 3, to: 5, reason: figure(98) },
  ])
})
