import { readFileSync } from 'node:fs'
import { gauge } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import type { KubeConfig } from '@kubernetes/client-node'
import fp from 'fastify-plugin'
import { ClusterView } from '../lib/cluster-view.ts'
import { watchCluster } from '../lib/watch.ts'
import { showAutoscalers } from './autoscaler-metrics.ts'

declare module 'fastify' {
  interface FastifyInstance {
    cluster: Pick<ClusterView, 'caches' | 'fleet' | 'onChange'>
  }
}

interface ClusterOptions {
  KUBECONFIG: string
  NAMESPACE: string
  REFRESH_INTERVAL_MS: number
  STALE_AFTER_MS: number
  USAGE_INTERVAL_MS: number
}

const serviceAccountNamespace = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'
/** The client is large, and loading it holds the event loop up: the first probes are answered before, so that a small CPU limit does not delay readiness. */
const connectDelayMs = 1500

/** Keeps the caches of pods, deployments, autoscalers and events, and offers them as `server.cluster`. Never fails the service: without cluster or permission it says so. */
export const cluster = fp(
  async (server: Server, options: ClusterOptions) => {
    const view = new ClusterView(options.NAMESPACE, options.STALE_AFTER_MS)
    server.decorate('cluster', view)
    show(server, view)
    let stop = () => {}
    let connecting: NodeJS.Timeout | undefined
    let closed = false
    server.addHook('onListen', (done) => {
      connecting = setTimeout(async () => {
        const client = await import('@kubernetes/client-node')
        if (!closed) stop = connect(server, view, options, client)
      }, connectDelayMs)
      done()
    })
    server.addHook('onClose', async () => {
      closed = true
      clearTimeout(connecting)
      view.close()
      stop()
    })
  },
  { name: 'cluster', fastify: '5.x' },
)

/** How fresh the view is, for whoever scrapes and for /dependencies. */
function show(server: Server, view: ClusterView): void {
  const { metrics, health } = server.kit
  const staleness = 'Age of the last word from the Kubernetes API, on the resource not heard of for longest; -1 before the first.'
  gauge(metrics.registry, 'kubernetes_cache_staleness_seconds', staleness, () => (view.staleForMs ?? -1000) / 1000)
  const objects = () => view.caches.pods.length + view.caches.deployments.length + view.caches.autoscalers.length
  gauge(metrics.registry, 'kubernetes_cache_objects', 'Objects in the caches.', objects)
  showAutoscalers(server, view.caches)
  health.watch('kubernetes', () => ({
    status: view.state.access === 'ok' ? 'up' : view.state.access === 'connecting' ? 'unknown' : 'down',
    detail: view.state.detail || undefined,
  }))
}

/** Starts to watch. @returns the function that stops it */
function connect(server: Server, view: ClusterView, options: ClusterOptions, client: typeof import('@kubernetes/client-node')): () => void {
  const config = new client.KubeConfig()
  try {
    load(config, options.KUBECONFIG)
  } catch (error) {
    view.fail({ access: 'absent', detail: `no usable kubeconfig: ${(error as Error).message}` })
    return () => {}
  }
  view.namespace ||= namespaceOf(config)
  return watchCluster({
    config,
    namespace: view.namespace,
    refreshMs: options.REFRESH_INTERVAL_MS,
    usageMs: options.USAGE_INTERVAL_MS,
    caches: view.caches,
    onHeard: (resource) => view.heard(resource),
    onOpened: (resource) => view.opened(resource),
    onTrouble: (resource, trouble) => {
      if (view.trouble(resource, trouble)) server.log.warn({ detail: trouble.detail }, 'no word from the Kubernetes API')
    },
  })
}

function load(config: KubeConfig, file: string): void {
  if (file === '') config.loadFromDefault()
  else config.loadFromFile(file)
}

function namespaceOf(config: KubeConfig): string {
  try {
    return readFileSync(serviceAccountNamespace, 'utf8').trim()
  } catch {
    return config.getContextObject(config.getCurrentContext())?.namespace ?? 'default'
  }
}
