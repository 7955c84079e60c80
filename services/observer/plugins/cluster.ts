import { readFileSync } from 'node:fs'
import { gauge } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import type { KubeConfig } from '@kubernetes/client-node'
import fp from 'fastify-plugin'
import type { AccessState } from '../lib/access.ts'
import { type FleetService, fleetOf } from '../lib/fleet.ts'
import type { Caches } from '../lib/objects.ts'
import { watchCluster } from '../lib/watch.ts'

declare module 'fastify' {
  interface FastifyInstance {
    cluster: Cluster
  }
}

/** What the observer knows, and how fresh it is. */
export interface Fleet extends AccessState {
  at: string
  namespace: string
  /** True when the last word from the API is older than STALE_AFTER_MS, or none ever came. */
  stale: boolean
  staleForS: number | null
  services: FleetService[]
}

export interface Cluster {
  fleet(): Fleet
  /** Calls `listener` when something changed, at most four times a second; returns the function that stops it. */
  onChange(listener: () => void): () => void
}

interface ClusterOptions {
  KUBECONFIG: string
  NAMESPACE: string
  REFRESH_INTERVAL_MS: number
  STALE_AFTER_MS: number
  USAGE_INTERVAL_MS: number
}

const serviceAccountNamespace = '/var/run/secrets/kubernetes.io/serviceaccount/namespace'
const listenersMax = 100
/** The client is large, and loading it holds the event loop up: the first probes are answered before, so that a small CPU limit does not delay readiness. */
const connectDelayMs = 1500

/** Keeps the caches of pods, deployments, autoscalers and events, and offers them as `server.cluster`. Never fails the service: without cluster or permission it says so. */
export const cluster = fp(
  async (server: Server, options: ClusterOptions) => {
    const caches: Caches = { pods: [], deployments: [], autoscalers: [], events: [], usage: [] }
    const listeners = new Set<() => void>()
    let state: AccessState = { access: 'connecting', detail: 'asking the Kubernetes API' }
    let namespace = options.NAMESPACE
    let heardAtMs: number | undefined
    let telling: NodeJS.Timeout | undefined
    let stop = () => {}
    let connecting: NodeJS.Timeout | undefined
    let closed = false

    const staleForMs = () => (heardAtMs === undefined ? undefined : Date.now() - heardAtMs)
    // Pods change in bursts: one word for all of a burst.
    const tell = () => {
      telling ??= setTimeout(() => {
        telling = undefined
        for (const listener of listeners) listener()
      }, 250).unref()
    }

    server.decorate('cluster', {
      fleet: () => {
        const age = staleForMs()
        const stale = age === undefined || age > options.STALE_AFTER_MS
        return {
          at: new Date().toISOString(),
          namespace,
          ...state,
          stale,
          staleForS: age === undefined ? null : Math.round(age / 1000),
          services: fleetOf(caches),
        }
      },
      onChange: (listener) => {
        if (listeners.size >= listenersMax) throw new Error(`more than ${listenersMax} listeners`)
        listeners.add(listener)
        return () => listeners.delete(listener)
      },
    })
    const { registry } = server.kit.metrics
    gauge(
      registry,
      'kubernetes_cache_staleness_seconds',
      'Age of the last word from the Kubernetes API; -1 before the first.',
      () => (staleForMs() ?? -1000) / 1000,
    )
    gauge(
      registry,
      'kubernetes_cache_objects',
      'Objects in the caches.',
      () => caches.pods.length + caches.deployments.length + caches.autoscalers.length,
    )
    server.kit.health.watch('kubernetes', () => ({
      status: state.access === 'ok' ? 'up' : state.access === 'connecting' ? 'unknown' : 'down',
      detail: state.detail || undefined,
    }))

    const connect = async () => {
      const client = await import('@kubernetes/client-node')
      if (closed) return
      const config = new client.KubeConfig()
      try {
        load(config, options.KUBECONFIG)
      } catch (error) {
        state = { access: 'absent', detail: `no usable kubeconfig: ${(error as Error).message}` }
        tell()
        return
      }
      namespace ||= namespaceOf(config)
      stop = watchCluster({
        client,
        config,
        namespace,
        refreshMs: options.REFRESH_INTERVAL_MS,
        usageMs: options.USAGE_INTERVAL_MS,
        caches,
        onHeard: () => {
          heardAtMs = Date.now()
          state = { access: 'ok', detail: '' }
          tell()
        },
        onTrouble: (trouble) => {
          if (trouble.access !== state.access) server.log.warn({ detail: trouble.detail }, 'no word from the Kubernetes API')
          state = trouble
          tell()
        },
      })
    }
    server.addHook('onListen', (done) => {
      connecting = setTimeout(() => void connect(), connectDelayMs)
      done()
    })
    server.addHook('onClose', async () => {
      closed = true
      clearTimeout(connecting)
      clearTimeout(telling)
      stop()
    })
  },
  { name: 'cluster', fastify: '5.x' },
)

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
