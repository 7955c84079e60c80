import { milliValue } from '@headroom/hpa/quantity'
import type { KubeReader } from './kube-api.ts'
import type { PodMetrics } from './kube-types.ts'

/** CPU of one pod, all containers together, averaged over the `windowMs` that end at `atMs` of the cluster's clock. */
export interface PodUsage {
  millicores: number
  atMs: number
  windowMs: number
}

/** The pods' CPU as the autoscalers are told it, by pod; undefined where nothing serves metrics.k8s.io. */
export async function readUsage(api: KubeReader): Promise<Map<string, PodUsage> | undefined> {
  const found = await api.find<{ items: PodMetrics[] }>(`/apis/metrics.k8s.io/v1beta1/namespaces/${api.namespace}/pods`)
  return found && new Map(found.items.map((item) => [item.metadata.name, usageOf(item)]))
}

function usageOf({ containers, timestamp, window }: PodMetrics): PodUsage {
  const millicores = containers.reduce((sum, { usage }) => sum + milliValue(usage.cpu), 0)
  return { millicores, atMs: Date.parse(timestamp), windowMs: durationMs(window) }
}

const unitMs: Record<string, number> = { h: 3_600_000, m: 60_000, s: 1000, ms: 1, us: 1e-3, µs: 1e-3, ns: 1e-6 }

/** Reads a duration as Go writes it: `15s`, `1m0.5s`, `800ms`. NaN for anything else. */
export function durationMs(text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|h|m|s)/g)]
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return Number.NaN
  return parts.reduce((sum, [, number, unit = '']) => sum + Number(number) * (unitMs[unit] ?? Number.NaN), 0)
}
