import type { Clock } from './clock.ts'
import type { KubeHttp } from './kube-http.ts'
import type { Caches } from './objects.ts'

/** `250m`, `12345n`, `0.5` as millicores. */
export function millicoresOf(quantity: string): number {
  const factor = { n: 1e-6, u: 1e-3, m: 1 }[quantity.slice(-1)]
  return factor === undefined ? Number(quantity) * 1000 : Number(quantity.slice(0, -1)) * factor
}

interface UsageOptions {
  http: KubeHttp
  namespace: string
  usageMs: number
  caches: Caches
  clock: Clock
}

/** The part of a metrics.k8s.io PodMetrics that is read. */
interface PodMetrics {
  metadata: { name: string }
  containers: { usage: { cpu: string } }[]
}

/** Reads the pods' CPU from the metrics API now and then; a cluster without it has no usage, and that is all. Returns the function that stops it. */
export function readUsage({ http, namespace, usageMs, caches, clock }: UsageOptions): () => void {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`
  const stopped = new AbortController()
  let forget = () => {}
  const read = async () => {
    try {
      const { items } = await http.json<{ items: PodMetrics[] }>(path, stopped.signal)
      caches.usage = items.map(({ metadata, containers }) => ({
        name: metadata.name,
        millicores: containers.reduce((sum, { usage }) => sum + millicoresOf(usage.cpu), 0),
      }))
    } catch {
      caches.usage = []
    }
    if (!stopped.signal.aborted) forget = clock.after(usageMs, () => void read())
  }
  void read()
  return () => {
    stopped.abort(new Error('stopped'))
    forget()
  }
}
