import type { PodChange } from './recording-format.ts'
import { median, quantile } from './spans.ts'

/** Seconds from `starting` to `ready`, over the replicas that were seen in both states. */
export interface StartUp {
  count: number
  medianS: number
  p95S: number
  maxS: number
}

/** Start-up times of a service's replicas, each counted once: one that lost its readiness and is ready again has not started anew. Null when none was seen to start and become ready. */
export function startUp(pods: PodChange[], service: string): StartUp | null {
  const startedAtS = new Map<string, number>()
  const seen = new Set<string>()
  const tookS: number[] = []
  for (const { atS, pod, state, ...change } of pods) {
    if (change.service !== service) continue
    if (state === 'starting' && !seen.has(pod)) startedAtS.set(pod, atS)
    seen.add(pod)
    const started = startedAtS.get(pod)
    if (state === 'starting' || started === undefined) continue
    if (state === 'ready') tookS.push(atS - started)
    startedAtS.delete(pod)
  }
  const medianS = median(tookS)
  if (medianS === null) return null
  return { count: tookS.length, medianS, p95S: quantile(tookS, 0.95) ?? medianS, maxS: Math.max(...tookS) }
}
