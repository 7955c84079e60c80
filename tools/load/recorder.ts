import type { Stage } from './profile.ts'
import type { Sample, SliceSummary, Summary } from './results.ts'
import { Slice } from './stats.ts'
import type { Journey, Outcome, Verdict } from './verdict.ts'

/** A request that leaves later than this after it was due counts as late: five ticks of the clock it is sent by. */
export const LATE_SEND_MS = 5

/** What the recorder must know of a request. */
export interface Recorded {
  readonly stage: number
  readonly journey: Journey
}

/** Adds up a run: by second, stage and journey, and as a whole. */
export class Recorder {
  readonly total = new Slice()
  /** Requests granted within `onTimeMs`. */
  onTime = 0
  maxLateMs = 0
  readonly #onTimeMs: number
  readonly #second = new Slice()
  readonly #stages: readonly Slice[]
  readonly #journeys = new Map<Journey, Slice>()
  readonly #slicesOf: readonly Map<Journey, readonly Slice[]>[]
  readonly #reasons: Partial<Record<Outcome, Map<string, number>>> = { refused: new Map(), shed: new Map(), failed: new Map() }

  constructor(stages: readonly Stage[], onTimeMs: number | undefined) {
    this.#onTimeMs = onTimeMs ?? Number.POSITIVE_INFINITY
    this.#stages = stages.map(() => new Slice())
    this.#slicesOf = stages.map(() => new Map())
  }

  /** A request is handed over `lateMs` after it was due. */
  offered(request: Recorded, lateMs: number): void {
    const late = lateMs > LATE_SEND_MS
    if (lateMs > this.maxLateMs) this.maxLateMs = lateMs
    for (const slice of this.#slices(request)) {
      slice.requests.offered += 1
      if (request.journey === 'order') slice.orders.attempted += 1
      if (late) slice.lateSends += 1
    }
  }

  sent(request: Recorded): void {
    for (const slice of this.#slices(request)) slice.sent += 1
  }

  /** A request ended. `waitedMs` is null where its latency says nothing about the target. */
  ended(request: Recorded, verdict: Verdict, waitedMs: number | null, confirmedOrder: boolean): void {
    for (const slice of this.#slices(request)) {
      slice.record(verdict.outcome, waitedMs)
      if (confirmedOrder) slice.orders.confirmed += 1
    }
    if (verdict.outcome === 'ok' && waitedMs !== null && waitedMs <= this.#onTimeMs) this.onTime += 1
    const reasons = this.#reasons[verdict.outcome]
    if (reasons === undefined) return
    const reason = verdict.reason ?? 'unknown'
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }

  /** Nothing was offered and nothing ended since the last second was taken. */
  get secondIsEmpty(): boolean {
    return Object.values(this.#second.requests).every((count) => count === 0)
  }

  /** The second that just ended, which the next one then replaces. */
  takeSecond(moment: Pick<Sample, 't' | 'atMs' | 'stage' | 'inFlight' | 'connections'>): Sample {
    const { requests, orders, sent, lateSends } = this.#second
    const { p50, p95, p99, max } = this.#second.latencyMs()
    const latency = { p50Ms: p50, p95Ms: p95, p99Ms: p99, maxMs: max }
    const sample = { ...moment, ...requests, sent, ...latency, lateOver5ms: lateSends, orders: { ...orders } }
    this.#second.reset()
    return sample
  }

  /** What a summary says about requests. */
  results(
    stages: readonly Stage[],
  ): Pick<Summary, 'requests' | 'orders' | 'latencyMs' | 'byStage' | 'byJourney' | 'refusals' | 'sheddings' | 'failures'> {
    return {
      ...summarize(this.total),
      byStage: stages.map((stage, index) => ({ ...stage, ...summarize(this.#stages[index] ?? new Slice()) })),
      byJourney: Object.fromEntries([...this.#journeys].map(([journey, slice]) => [journey, summarize(slice)])),
      refusals: mostFrequentFirst(this.#reasons.refused),
      sheddings: mostFrequentFirst(this.#reasons.shed),
      failures: mostFrequentFirst(this.#reasons.failed),
    }
  }

  /** The slices a request counts in, kept per stage and journey since this runs three times a request. */
  #slices(request: Recorded): readonly Slice[] {
    const slicesOf = this.#slicesOf[request.stage] ?? new Map<Journey, readonly Slice[]>()
    const known = slicesOf.get(request.journey)
    if (known !== undefined) return known
    const journey = this.#journeys.get(request.journey) ?? new Slice()
    this.#journeys.set(request.journey, journey)
    const stage = this.#stages[request.stage] ?? new Slice()
    const slices = [this.#second, this.total, stage, journey]
    slicesOf.set(request.journey, slices)
    return slices
  }
}

function mostFrequentFirst(counts: ReadonlyMap<string, number> = new Map()): Record<string, number> {
  return Object.fromEntries([...counts].sort(([, a], [, b]) => b - a))
}

function summarize(slice: Slice): SliceSummary {
  return { requests: { ...slice.requests }, orders: { ...slice.orders }, latencyMs: slice.latencyMs() }
}
