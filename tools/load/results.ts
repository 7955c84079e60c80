import type { Stage } from './profile.ts'
import type { LatencyMs, OrderCounts, RequestCounts } from './stats.ts'
import type { OrderAttempt } from './traffic.ts'
import type { Journey, Outcome } from './verdict.ts'

/** One second of a run. Requests are offered in the second they were due, and end in the second their reply came. */
export interface Sample extends RequestCounts {
  /** Seconds from the start to the end of this second. */
  readonly t: number
  /** The same moment on the wall clock, milliseconds since 1970. */
  readonly atMs: number
  /** Name of the stage, `drain` once all requests were offered and some are still awaited. */
  readonly stage: string
  readonly sent: number
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
  readonly maxMs: number | null
  /** Requests offered and not ended, those waiting for a connection included. */
  readonly inFlight: number
  readonly connections: number
  readonly lateOver5ms: number
  readonly orders: OrderCounts
}

/** Results of all requests, or those of one stage or journey. */
export interface SliceSummary {
  readonly requests: RequestCounts
  readonly orders: OrderCounts
  readonly latencyMs: LatencyMs
}

/** How well the generator kept to its own clock. */
export interface ScheduleSummary {
  readonly sent: number
  readonly lateOver5ms: number
  /** Late requests as a share of those offered. */
  readonly lateRatio: number
  readonly maxLateMs: number
  /** Requests that found every connection busy, which delays them too. */
  readonly waitedForConnection: number
}

/** A whole run. */
export interface Summary extends SliceSummary {
  readonly target: string
  readonly startedAt: string
  /** Length of the run without the last replies, in seconds. */
  readonly durationS: number
  /** Why the run ended before its schedule, or null. */
  readonly endedEarly: string | null
  readonly arrivals: 'poisson' | 'uniform'
  readonly seed: number
  readonly stages: readonly Stage[]
  readonly byStage: readonly (Stage & SliceSummary)[]
  readonly byJourney: Partial<Record<Journey, SliceSummary>>
  /** Where a run asks for it: requests granted within a time, which is the goodput where later ones are of no use. */
  readonly onTime?: { readonly withinMs: number; readonly ok: number }
  /** Documented refusals by problem code. */
  readonly refusals: Record<string, number>
  /** 503 with Retry-After by problem code: `overloaded` protects the service, `dependency_unavailable` is an outage told politely. */
  readonly sheddings: Record<string, number>
  /** Failures by reason. */
  readonly failures: Record<string, number>
  readonly connections: { readonly opened: number; readonly max: number; readonly reconnects: number }
  readonly schedule: ScheduleSummary
  /** What makes these figures worth less than they look. */
  readonly warnings: readonly string[]
}

/** How one order attempt ended, a line of the acknowledgement log. */
export interface Acknowledgement extends OrderAttempt {
  readonly outcome: Outcome
  readonly status: number | null
  readonly orderId?: string
  readonly state?: string
  /** Problem code of a reply that is no acknowledgement. */
  readonly code?: string
  /** Why it failed. */
  readonly reason?: string
  /** The order may or may not exist: it was sent, and no reply settled it. */
  readonly unknown?: true
  readonly atMs: number
}
