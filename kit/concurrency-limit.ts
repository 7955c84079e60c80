/** How the limit is tuned; the defaults suit any service, so only the bound is configurable from outside. */
export interface ConcurrencyLimitOptions {
  min?: number
  initial?: number
  max: number
}

/**
 * An adaptive limit on requests in flight, after the Gradient2 algorithm of Netflix' concurrency-limits
 * (https://github.com/Netflix/concurrency-limits): while the recent latency stays within a tolerance of the long-term one the limit
 * grows by about its square root; when it rises above, the limit shrinks by the ratio of the two. No constant belongs to a service.
 */
export class ConcurrencyLimit {
  limit: number
  readonly #min: number
  readonly #max: number
  #longMs = 0
  #windowSumMs = 0
  #windowCount = 0
  #windowPeak = 0
  #refused = false

  constructor({ min = 8, initial = 64, max }: ConcurrencyLimitOptions) {
    this.#min = min
    this.#max = max
    this.limit = Math.min(initial, max)
  }

  /** Tells that a request was refused: the limit was in use, so it may grow if latency allows. */
  refused(): void {
    this.#refused = true
  }

  /**
   * Takes one finished request into account; the limit moves once per window of requests.
   * @param latencyMs how long it took here
   * @param inFlight how many were in flight, itself included
   */
  observe(latencyMs: number, inFlight: number): void {
    this.#windowSumMs += latencyMs
    this.#windowCount++
    if (inFlight > this.#windowPeak) this.#windowPeak = inFlight
    if (this.#windowCount >= windowSize) this.#adjust()
  }

  #adjust(): void {
    const shortMs = Math.max(this.#windowSumMs / this.#windowCount, 0.01)
    const inUse = this.#refused || this.#windowPeak * 2 > this.limit
    if (this.#longMs === 0) this.#longMs = shortMs
    this.#longMs += (shortMs - this.#longMs) * longWeight
    // A long-term figure far above the recent one is the memory of an overload that is over: forget it sooner.
    if (this.#longMs > shortMs * 2) this.#longMs *= 0.95
    if (inUse) {
      const gradient = Math.max(0.5, Math.min(1, (tolerance * Math.max(this.#longMs, floorMs)) / shortMs))
      const target = this.limit * gradient + Math.sqrt(this.limit)
      this.limit = Math.max(this.#min, Math.min(this.#max, this.limit + (target - this.limit) * smoothing))
    }
    this.#windowSumMs = 0
    this.#windowCount = 0
    this.#windowPeak = 0
    this.#refused = false
  }
}

const windowSize = 32
/** The long-term latency forgets over about 600 windows. */
const longWeight = 1 / 600
/** Latency may double before the limit shrinks. */
const tolerance = 2
/** Under a CPU quota of 100 ms periods a pause of that length says nothing about a queue. */
const floorMs = 50
const smoothing = 0.2
