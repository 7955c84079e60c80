import type { WatchOptions } from './watch.ts'

/** `250m`, `12345n`, `0.5` as millicores. */
export function millicoresOf(quantity: string): number {
  const factor = { n: 1e-6, u: 1e-3, m: 1 }[quantity.slice(-1)]
  return factor === undefined ? Number(quantity) * 1000 : Number(quantity.slice(0, -1)) * factor
}

/** Reads the pods' CPU from the metrics API now and then; a cluster without it has no usage, and that is all. Returns the function that stops it. */
export function readUsage({ client, config, namespace, usageMs, caches }: WatchOptions): () => void {
  const metrics = new client.Metrics(config)
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  const read = async () => {
    try {
      const { items } = await metrics.getPodMetrics(namespace)
      caches.usage = items.map(({ metadata, containers }) => ({
        name: metadata.name,
        millicores: containers.reduce((sum, { usage }) => sum + millicoresOf(usage.cpu), 0),
      }))
    } catch {
      caches.usage = []
    }
    if (!stopped) timer = setTimeout(() => void read(), usageMs).unref()
  }
  void read()
  return () => {
    stopped = true
    clearTimeout(timer)
  }
}
