/** How the limit is tuned; the defaults suit any service, so only the bound is configurable from outside. */
export interface ConcurrencyLimitOptions {
  min?: number
  initial?: number
  max: number
}

/** What the event loop did since the last reading. */
export interface LoopWindow {
  elapsedMs: number
  /** Of that, the time the loop was not waiting for events; a pause by a CPU quota in the middle of work is part of it. */
  busyMs: number
  /** The longest turn of it. */
  longestTurnMs: number
}

/**
 * An adaptive limit on the requests that wait for others (a peer, a database), after the Gradient2 algorithm of Netflix' concurrency-limits
 * (https://github.com/Netflix/concurrency-limits/blob/main/concurrency-limits-core/src/main/java/com/netflix/concurrency/limits/limit/Gradient2Limit.java):
 * the limit becomes limit x gradient + sqrt(limit), where a gradient below 1 tells of a queue.
 *
 * Gradient2 takes latency for the queue, which in a process that waits for others says as much about them. Here the queue is read from
 * the event loop, which is where this process makes requests wait: whose answers have come goes on in the next turn, and all of them make it long.
 *
 *     gradient = min(1, turnAllowedMs / milliseconds of the longest turn), at least 0.5 per window
 *
 * While the loop has time to spare, a limit that is in use grows by a quarter per window instead: a slow peer needs more requests in flight,
 * and would push a limit that follows latency to its floor. What begins and ends within a turn waits for nobody, and is for `TurnQueue` to bound.
 */
export class ConcurrencyLimit {
  limit: number
  readonly #min: number
  readonly #initial: number
  readonly #max: number
  #turn = 0
  #inFlight = 0
  /** Those of them that began before this turn. */
  #waiting = 0
  /** Most that waited since the last adjustment. */
  #peak = 0

  constructor({ min = 8, initial = 64, max }: ConcurrencyLimitOptions) {
    this.#min = Math.min(min, max)
    this.#initial = Math.min(initial, max)
    this.#max = max
    this.limit = this.#initial
  }

  /**
   * Whether so many wait for others that another one is to be refused.
   * @param turn number of the event loop's turn
   * @param share of the limit that this kind of request may fill; above 1 it may go beyond, though never beyond the bound
   */
  isFull(turn: number, share = 1): boolean {
    if (turn !== this.#turn) {
      this.#turn = turn
      this.#waiting = this.#inFlight
      if (this.#waiting > this.#peak) this.#peak = this.#waiting
    }
    return this.#waiting >= this.#placesOf(share)
  }

  /** Whether another may begin in this turn. Where none may, the next turn tells who of those that began will wait. */
  hasRoom(share = 1): boolean {
    return this.#inFlight < this.#placesOf(share)
  }

  #placesOf(share: number): number {
    return Math.min(this.#max, Math.max(1, this.limit * share))
  }

  begin(): void {
    this.#inFlight++
  }

  /** @param began the turn in which it began */
  end(began: number): void {
    this.#inFlight--
    if (began !== this.#turn) this.#waiting--
  }

  /** Moves the limit by what happened in a window of at least `windowMs` that ended with a turn. A long window counts as several: an idle service forgets an overload. */
  adjust({ elapsedMs, busyMs, longestTurnMs }: LoopWindow): void {
    const inUse = this.#peak * 2 > this.limit
    if (busyMs / elapsedMs > saturation) {
      const gradient = Math.max(0.5 ** (elapsedMs / windowMs), Math.min(1, turnAllowedMs / longestTurnMs))
      if (gradient < 1 || inUse) this.#set(this.limit * gradient + Math.sqrt(this.limit))
    } else {
      if (inUse) this.#set(this.limit * idleGrowth)
      const windows = Math.min(Math.round(elapsedMs / windowMs), 100)
      for (let i = 0; i < windows && this.limit < this.#initial; i++) this.#set(this.limit * idleGrowth)
    }
    this.#peak = this.#inFlight
  }

  #set(limit: number): void {
    this.limit = Math.max(this.#min, Math.min(this.#max, limit))
  }
}

/** Longer than two periods of a CPU quota. */
export const windowMs = 250
/** Share of a window above which the loop is the bottleneck. */
export const saturation = 0.9
const idleGrowth = 1.25
/** As long as browsing may wait in the queue before the handlers. */
const turnAllowedMs = 150
