import type { AccessState } from './access.ts'
import { type Clock, systemClock } from './clock.ts'
import { type KubeAccess, KubeHttp } from './kube-http.ts'
import type { Caches, KubeEvent } from './objects.ts'
import { Reflector } from './reflector.ts'
import { readUsage } from './usage.ts'

export interface WatchOptions {
  config: KubeAccess
  namespace: string
  /** Mean time between full lists. */
  refreshMs: number
  usageMs: number
  /** Filled and kept up to date. */
  caches: Caches
  /** The API has said something of this resource that counts. */
  onHeard: (resource: Resource) => void
  /** The API has accepted a watch of this resource. */
  onOpened: (resource: Resource) => void
  onTrouble: (resource: Resource, state: AccessState) => void
  clock?: Clock
}

/** What is watched, and where it is. */
const groups = {
  pods: '/api/v1',
  deployments: '/apis/apps/v1',
  horizontalpodautoscalers: '/apis/autoscaling/v2',
  events: '/api/v1',
} as const

export type Resource = keyof typeof groups
export const resources = Object.keys(groups) as Resource[]

/** Events are kept for this long; the API keeps them for an hour. */
const eventAgeMsMax = 3_600_000

/** Starts to watch each resource and to read CPU usage; returns the function that stops it all. */
export function watchCluster(options: WatchOptions): () => void {
  const { config, namespace, caches, usageMs, clock = systemClock } = options
  const http = new KubeHttp(config, clock)
  const put: Record<Resource, (objects: never[]) => void> = {
    pods: (pods) => {
      caches.pods = pods
    },
    deployments: (deployments) => {
      caches.deployments = deployments
    },
    horizontalpodautoscalers: (autoscalers) => {
      caches.autoscalers = autoscalers
    },
    events: (events: KubeEvent[]) => {
      caches.events = events.filter(isRecent)
    },
  }
  const reflectors = resources.map(
    (resource) =>
      new Reflector<never>({
        http,
        path: `${groups[resource]}/namespaces/${namespace}/${resource}`,
        refreshMs: options.refreshMs,
        put: put[resource],
        onHeard: () => options.onHeard(resource),
        onOpened: () => options.onOpened(resource),
        onTrouble: (state) => options.onTrouble(resource, state),
        clock,
      }),
  )
  for (const reflector of reflectors) void reflector.run()
  const stopUsage = readUsage({ http, namespace, usageMs, caches, clock })
  return () => {
    for (const reflector of reflectors) reflector.stop()
    stopUsage()
  }
}

function isRecent({ lastTimestamp, eventTime, metadata }: KubeEvent): boolean {
  const at = lastTimestamp ?? eventTime ?? metadata?.creationTimestamp
  return at !== undefined && at !== null && Date.now() - new Date(at).getTime() < eventAgeMsMax
}
