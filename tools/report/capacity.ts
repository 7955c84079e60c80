/**
 * What one replica carries, and how many replicas the load needed: the oracle that a real autoscaler is compared with.
 *
 * Capacity is measured, not declared: over the seconds in which the ready replicas used at least half their CPU target,
 *
 *   capacity per pod at the target = target x sum(served requests/s) / sum(CPU % x ready replicas)
 *
 * that is requests per CPU, scaled to the CPU of one replica at its target. Sums are taken, not a mean of ratios, because CPU is
 * averaged over a window and follows the requests late. Idle seconds are left out: there a request seems to cost what being awake does.
 */
import { loadDuring } from './clocks.ts'
import type { Sample } from './sample.ts'
import { type Span, spansOf } from './spans.ts'

/** Fewer busy seconds than this say little; then every second with CPU counts. */
const BUSY_SAMPLES_MIN = 5

/** Requests/s that one ready replica serves when it uses exactly its CPU target; null when no second tells. */
export function capacityPerPod(samples: Sample[], service: string): number | null {
  const known = samples.flatMap(({ services }) => {
    const own = services[service]
    if (own === undefined || own.cpuPercent === null || own.targetPercent === null || own.ready === 0 || own.cpuPercent === 0) return []
    const served = Math.max(0, own.requestsPerS - own.shedPerS)
    return [{ served, cpu: own.cpuPercent * own.ready, percent: own.cpuPercent, target: own.targetPercent }]
  })
  const busy = known.filter(({ percent, target }) => percent >= target / 2)
  const counted = busy.length >= BUSY_SAMPLES_MIN ? busy : known
  const served = counted.reduce((sum, second) => sum + second.served, 0)
  const cpu = counted.reduce((sum, second) => sum + second.cpu, 0)
  const target = counted[0]?.target
  // Less than one request is no measurement.
  return served < 1 || cpu === 0 || target === undefined ? null : (target * served) / cpu
}

/**
 * Requests that a service serves for each one that is let in at the edge, over the whole run; null without load.
 * With it the oracle sees what was offered, including what was shed before it reached the service.
 */
export function requestsPerOffered(spans: Span[], service: string): number | null {
  let own = 0
  let letIn = 0
  for (const { sample, seconds } of spans) {
    if (sample.load === null) continue
    const seen = sample.services[service]
    own += seen === undefined ? 0 : Math.max(0, seen.requestsPerS - seen.shedPerS) * seconds
    letIn += Math.max(0, sample.load.offered - sample.load.shed - sample.load.limited) * seconds
  }
  return letIn === 0 ? null : own / letIn
}

export interface Oracle {
  capacityPerPod: number
  requestsPerOffered: number | null
  /** The replicas that this second's load needs, and at least the minimum; one number per sample. */
  needed: number[]
}

/** The oracle of one service: each second max(minReplicas, ceil(offered / capacity per pod at the target)). Undefined where capacity is not known. */
export function oracleOf(samples: Sample[], service: string, minReplicas: number): Oracle | undefined {
  const capacity = capacityPerPod(samples, service)
  if (capacity === null) return undefined
  const perOffered = requestsPerOffered(spansOf(samples), service)
  const during = loadDuring(samples)
  const needed = samples.map(({ services }, index) => {
    const load = during[index] ?? null
    const offered = load === null || perOffered === null ? (services[service]?.requestsPerS ?? 0) : load.offered * perOffered
    // Binary fractions turn an exact 3 into 3.0000000000000004, which needs no fourth replica.
    return Math.max(minReplicas, Math.ceil(Number((offered / capacity).toPrecision(12))))
  })
  return { capacityPerPod: capacity, requestsPerOffered: perOffered, needed }
}
