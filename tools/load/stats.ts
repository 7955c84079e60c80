import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { OUTCOMES, type Outcome } from './verdict.ts'

/** Latency from the moment a request was due until its reply was whole, in milliseconds; null where there was none. */
export interface LatencyMs {
  readonly p50: number | null
  readonly p95: number | null
  readonly p99: number | null
  readonly max: number | null
}

/** Requests offered and what came of them. */
export type RequestCounts = Record<'offered' | Outcome, number>

/** Orders asked for, and those the target said are confirmed. */
export interface OrderCounts {
  attempted: number
  confirmed: number
}

const LATENCY_US_MAX = 3_600_000_000

/**
 * Counts and latencies of one slice of a run: a second, a stage, a journey or all of it.
 *
 * The histogram is Node's own HdrHistogram (three significant figures, about 0.03 us a record here, a tenth of
 * hdr-histogram-js). It holds what a user waits for: granted and refused requests, and those given up after the timeout
 * as having taken that long. Replies that turn a user away come fast, and would make an overload look quick.
 */
export class Slice {
  readonly requests: RequestCounts = { offered: 0, ok: 0, refused: 0, limited: 0, shed: 0, failed: 0 }
  readonly orders: OrderCounts = { attempted: 0, confirmed: 0 }
  sent = 0
  lateSends = 0
  readonly #latencyUs: RecordableHistogram = createHistogram({ lowest: 1, highest: LATENCY_US_MAX, figures: 3 })

  /** Counts one finished request. `waitedMs` is null where its latency says nothing about the target. */
  record(outcome: Outcome, waitedMs: number | null): void {
    this.requests[outcome] += 1
    if (waitedMs !== null) this.#latencyUs.record(Math.min(LATENCY_US_MAX, Math.max(1, Math.round(waitedMs * 1000))))
  }

  /** Percentiles so far. */
  latencyMs(): LatencyMs {
    const histogram = this.#latencyUs
    if (histogram.count === 0) return { p50: null, p95: null, p99: null, max: null }
    const atMs = (percentile: number) => toMs(histogram.percentile(percentile))
    return { p50: atMs(50), p95: atMs(95), p99: atMs(99), max: toMs(histogram.max) }
  }

  /** Requests whose end is not known yet. */
  get unfinished(): number {
    return this.requests.offered - OUTCOMES.reduce((sum, outcome) => sum + this.requests[outcome], 0)
  }

  /** Empties the slice, to be used for the next second. */
  reset(): void {
    this.requests.offered = 0
    for (const outcome of OUTCOMES) this.requests[outcome] = 0
    this.orders.attempted = 0
    this.orders.confirmed = 0
    this.sent = 0
    this.lateSends = 0
    this.#latencyUs.reset()
  }
}

function toMs(us: number): number {
  return Math.round(us / 10) / 100
}
