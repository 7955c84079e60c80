import { parseMetrics } from './prometheus-text.ts'

/** The counters of one replica at one scrape, as kit's metrics name them. */
export interface Counters {
  arrivals: number
  shed: number
  failed: number
  /** Observations at or below each upper bound, in seconds. */
  buckets: Map<number, number>
  cpuS: number
}

/** What a service did per second between two scrapes of its replicas. */
export interface Rates {
  requestsPerS: number
  shedPerS: number
  failedPerS: number
  p99Ms: number | null
}

/** Picks the counters out of a scrape of /metrics. A failure is a 5xx that was not shed. */
export function countersOf(text: string): Counters {
  const counters: Counters = { arrivals: 0, shed: 0, failed: 0, buckets: new Map(), cpuS: 0 }
  for (const { name, labels, value } of parseMetrics(text)) {
    if (name === 'http_server_requests_total') counters.arrivals += value
    else if (name === 'http_server_requests_shed_total') counters.shed += value
    else if (name === 'process_cpu_seconds_total') counters.cpuS += value
    else if (name === 'http_server_request_duration_seconds_count' && labels.http_response_status_code?.startsWith('5'))
      counters.failed += value
    else if (name === 'http_server_request_duration_seconds_bucket') {
      const bound = labels.le === '+Inf' ? Number.POSITIVE_INFINITY : Number(labels.le)
      counters.buckets.set(bound, (counters.buckets.get(bound) ?? 0) + value)
    }
  }
  return counters
}

/**
 * Rates of a service from pairs of scrapes, one pair per replica.
 * @param pairs the earlier and the later scrape; a replica that is new has no earlier one
 * @param seconds between the scrapes
 */
export function ratesBetween(pairs: { before: Counters | undefined; after: Counters }[], seconds: number): Rates {
  const sum = { arrivals: 0, shed: 0, failed: 0 }
  const buckets = new Map<number, number>()
  for (const { before, after } of pairs) {
    for (const key of ['arrivals', 'shed', 'failed'] as const) sum[key] += Math.max(0, after[key] - (before?.[key] ?? 0))
    for (const [bound, value] of after.buckets)
      buckets.set(bound, (buckets.get(bound) ?? 0) + Math.max(0, value - (before?.buckets.get(bound) ?? 0)))
  }
  return {
    requestsPerS: sum.arrivals / seconds,
    shedPerS: sum.shed / seconds,
    failedPerS: sum.failed / seconds,
    p99Ms: quantileMs(buckets, 0.99),
  }
}

/** histogram_quantile as Prometheus computes it: linear within the bucket, the last finite bound for the open one. */
export function quantileMs(buckets: Map<number, number>, quantile: number): number | null {
  const bounds = [...buckets.keys()].sort((a, b) => a - b)
  const total = buckets.get(Number.POSITIVE_INFINITY) ?? 0
  if (total === 0) return null
  const rank = total * quantile
  let below = 0
  let lower = 0
  for (const upper of bounds) {
    const upTo = buckets.get(upper) ?? 0
    if (upTo >= rank)
      return upper === Number.POSITIVE_INFINITY ? lower * 1000 : (lower + ((upper - lower) * (rank - below)) / (upTo - below)) * 1000
    below = upTo
    lower = upper
  }
  return lower * 1000
}
