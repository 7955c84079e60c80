import { quantileMs, type Scrape } from '@headroom/kit/scrape'

/** What one pod did between its two last scrapes, per second. */
export interface PodTraffic {
  requestsPerS: number
  shedPerS: number
  failedPerS: number
  cpuMillicores: number
  buckets: Map<number, number>
  calls: Scrape['calls']
}

interface Reading {
  atMs: number
  scrape: Scrape
}

/** Turns the counters of pods into rates. */
export class Meters {
  readonly #last = new Map<string, Reading>()
  readonly #traffic = new Map<string, PodTraffic>()

  /** What the pod did lately; undefined before its second scrape and once it is no longer read. */
  of(pod: string): PodTraffic | undefined {
    return this.#traffic.get(pod)
  }

  read(pod: string, scrape: Scrape, atMs: number): void {
    const before = this.#last.get(pod)
    this.#last.set(pod, { atMs, scrape })
    const seconds = before === undefined ? 0 : (atMs - before.atMs) / 1000
    // A restarted process counts from zero again: its first scrape says nothing of a rate.
    if (before === undefined || seconds <= 0 || scrape.cpuS < before.scrape.cpuS) this.#traffic.delete(pod)
    else this.#traffic.set(pod, trafficBetween(before.scrape, scrape, seconds))
  }

  /** A pod that does not answer has no rates. */
  missed(pod: string): void {
    this.#traffic.delete(pod)
  }

  /** Forgets every pod that is not among `pods`. */
  keep(pods: ReadonlySet<string>): void {
    for (const known of this.#last.keys()) {
      if (pods.has(known)) continue
      this.#last.delete(known)
      this.#traffic.delete(known)
    }
  }
}

function trafficBetween(before: Scrape, after: Scrape, seconds: number): PodTraffic {
  const perS = (name: 'arrivals' | 'shed' | 'failed') => (after[name] - before[name]) / seconds
  const calls = [...after.calls].map(([peer, outcomes]) => {
    const earlier = before.calls.get(peer)
    const callsPerS = (outcome: 'ok' | 'shed' | 'failed') => (outcomes[outcome] - (earlier?.[outcome] ?? 0)) / seconds
    return [peer, { ok: callsPerS('ok'), shed: callsPerS('shed'), failed: callsPerS('failed') }] as const
  })
  return {
    requestsPerS: perS('arrivals'),
    shedPerS: perS('shed'),
    failedPerS: perS('failed'),
    cpuMillicores: ((after.cpuS - before.cpuS) / seconds) * 1000,
    buckets: new Map([...after.buckets].map(([bound, count]) => [bound, (count - (before.buckets.get(bound) ?? 0)) / seconds])),
    calls: new Map(calls),
  }
}

/** Rates of several pods together; null where nothing is known of any. */
export interface Traffic {
  requestsPerS: number | null
  shedPerS: number | null
  failedPerS: number | null
  p50Ms: number | null
  p99Ms: number | null
}

export function together(pods: PodTraffic[]): Traffic {
  if (pods.length === 0) return { requestsPerS: null, shedPerS: null, failedPerS: null, p50Ms: null, p99Ms: null }
  const buckets = new Map<number, number>()
  for (const pod of pods) for (const [bound, count] of pod.buckets) buckets.set(bound, (buckets.get(bound) ?? 0) + count)
  const sum = (name: 'requestsPerS' | 'shedPerS' | 'failedPerS') => tenths(pods.reduce((sum, pod) => sum + pod[name], 0))
  const ms = (quantile: number) => {
    const value = quantileMs(buckets, quantile)
    return value === null ? null : tenths(value)
  }
  return { requestsPerS: sum('requestsPerS'), shedPerS: sum('shedPerS'), failedPerS: sum('failedPerS'), p50Ms: ms(0.5), p99Ms: ms(0.99) }
}

export function tenths(value: number): number {
  return Math.round(value * 10) / 10
}
