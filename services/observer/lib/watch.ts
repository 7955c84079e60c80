import type * as client from '@kubernetes/client-node'
import { type AccessState, accessOf, backoffMs } from './access.ts'
import type { Caches, KubeEvent } from './objects.ts'
import { readUsage } from './usage.ts'

export interface WatchOptions {
  client: typeof client
  config: client.KubeConfig
  namespace: string
  /** Mean time between full lists. */
  refreshMs: number
  usageMs: number
  /** Filled and kept up to date. */
  caches: Caches
  onHeard: () => void
  onTrouble: (state: AccessState) => void
}

/** Events are kept for this long; the API keeps them for an hour. */
const eventAgeMsMax = 3_600_000

/** Starts an informer for each resource and the reader of CPU usage; returns the function that stops them all. */
export function watchCluster(options: WatchOptions): () => void {
  const { client, config, namespace, caches } = options
  const core = config.makeApiClient(client.CoreV1Api)
  const apps = config.makeApiClient(client.AppsV1Api)
  const autoscaling = config.makeApiClient(client.AutoscalingV2Api)
  const inNamespace = `namespaces/${namespace}`
  const stops = [
    keep(
      options,
      `/api/v1/${inNamespace}/pods`,
      () => core.listNamespacedPod({ namespace }),
      (pods) => {
        caches.pods = pods
      },
    ),
    keep(
      options,
      `/apis/apps/v1/${inNamespace}/deployments`,
      () => apps.listNamespacedDeployment({ namespace }),
      (deployments) => {
        caches.deployments = deployments
      },
    ),
    keep(
      options,
      `/apis/autoscaling/v2/${inNamespace}/horizontalpodautoscalers`,
      () => autoscaling.listNamespacedHorizontalPodAutoscaler({ namespace }),
      (autoscalers) => {
        caches.autoscalers = autoscalers
      },
    ),
    keep(
      options,
      `/api/v1/${inNamespace}/events`,
      () => core.listNamespacedEvent({ namespace }),
      (events) => {
        caches.events = (events as KubeEvent[]).filter(isRecent)
      },
    ),
    readUsage(options),
  ]
  return () => {
    for (const stop of stops) stop()
  }
}

function isRecent({ lastTimestamp, eventTime, metadata }: KubeEvent): boolean {
  const at = lastTimestamp ?? eventTime ?? metadata?.creationTimestamp
  return at !== undefined && at !== null && Date.now() - new Date(at).getTime() < eventAgeMsMax
}

/**
 * One informer that outlives whatever happens to it: an error starts it again after a jittered wait of at least a second, and a full list
 * now and then finds what a connection that went silent has missed.
 */
function keep<T extends client.KubernetesObject>(
  { client, config, refreshMs, onHeard, onTrouble }: WatchOptions,
  path: string,
  list: () => Promise<client.KubernetesListObject<T>>,
  put: (objects: T[]) => void,
): () => void {
  const informer = client.makeInformer(config, path, list)
  let attempt = 0
  let stopped = false
  let retry: NodeJS.Timeout | undefined
  let refresh: NodeJS.Timeout | undefined

  const heard = () => {
    attempt = 0
    put([...informer.list()])
    onHeard()
  }
  const start = async () => {
    if (stopped) return
    clearTimeout(refresh)
    refresh = setTimeout(() => void restart(), refreshMs * (0.5 + Math.random())).unref()
    try {
      await informer.start()
      heard()
    } catch (error) {
      failed(error)
    }
  }
  const restart = async () => {
    await informer.stop()
    await start()
  }
  const failed = (error: unknown) => {
    if (stopped) return
    onTrouble(accessOf(error))
    clearTimeout(retry)
    retry = setTimeout(() => void start(), backoffMs(attempt++)).unref()
  }
  informer.on('change', heard)
  informer.on('error', failed)
  void start()
  return () => {
    stopped = true
    clearTimeout(retry)
    clearTimeout(refresh)
    void informer.stop()
  }
}
