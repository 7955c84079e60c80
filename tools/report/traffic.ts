import { quantileMs, type Scrape } from '@headroom/kit/scrape'

/** What of a scrape of one replica its rates are made from. */
type Counters = Pick<Scrape, 'arrivals' | 'shed' | 'failed' | 'buckets'>

/** What a service did per second between two scrapes of its replicas. */
export interface Rates {
  requestsPerS: number
  shedPerS: number
  failedPerS: number
  p99Ms: number | null
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
