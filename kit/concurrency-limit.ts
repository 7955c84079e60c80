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
  turns: number
}

/**
 * An adaptive limit on requests in flight, after the Gradient2 algorithm of Netflix' concurrency-limits
 * (https://github.com/Netflix/concurrency-limits/blob/main/concurrency-limits-core/src/main/java/com/netflix/concurrency/limits/limit/Gradient2Limit.java):
 * the limit becomes limit x gradient + sqrt(limit), where a gradient below 1 tells of a queue.
 *
 * Gradient2 takes latency for the queue, which in a process that waits for others says as much about them. Here the queue is read from
 * the event loop, which is where this process makes requests wait: what is answered in one turn had been waiting together.
 *
 *     gradient = min(1, queueAllowed / requests per turn, turnAllowedMs / milliseconds per turn), at least 0.5 per window
 *
 * While the loop has time to spare, a limit that is in use grows by a quarter per window instead: a slow peer needs more requests in flight,
 * and would push a limit that follows latency to its floor.
 */
export class ConcurrencyLimit {
  limit: number
  readonly #min: number
  readonly #initial: number
  readonly #max: number
  #turn = 0
  /** Requests of which work began and has not ended, plus those that began and ended within this turn. */
  #inFlight = 0
  #endedThisTurn = 0
  #completed = 0
  /** Most requests that waited for others from one turn to the next. What comes in one turn and is answered in it needs no higher limit. */
  #peak = 0

  constructor({ min = 8, initial = 64, max }: ConcurrencyLimitOptions) {
    this.#min = Math.min(min, max)
    this.#initial = Math.min(initial, max)
    this.#max = max
    this.limit = this.#initial
  }

  /**
   * Whether another request may begin.
   * @param turn number of the event loop's turn: those that came in the same turn were waiting together, so the first of them count until it ends
   * @param share of the limit that this kind of request may fill; above 1 it may go beyond, though never beyond the bound
   */
  admits(turn: number, share = 1): boolean {
    if (turn !== this.#turn) {
      this.#turn = turn
      this.#inFlight -= this.#endedThisTurn
      this.#endedThisTurn = 0
      if (this.#inFlight > this.#peak) this.#peak = this.#inFlight
    }
    return this.#inFlight < Math.min(this.#max, Math.max(1, this.limit * share))
  }

  begin(): void {
    this.#inFlight++
  }

  /** @param began the turn in which it began */
  end(began: number): void {
    this.#completed++
    if (began === this.#turn) this.#endedThisTurn++
    else this.#inFlight--
  }

  /** Moves the limit by what happened in a window of at least `windowMs` that ended with a turn. A long window counts as several: an idle service forgets an overload. */
  adjust({ elapsedMs, busyMs, turns }: LoopWindow): void {
    const saturated = busyMs / elapsedMs > saturation
    const perTurn = this.#completed / Math.max(turns, 1)
    const turnMs = busyMs / Math.max(turns, 1)
    if (saturated) {
      const gradient = Math.max(0.5 ** (elapsedMs / windowMs), Math.min(1, queueAllowed / perTurn, turnAllowedMs / turnMs))
      if (gradient < 1 || this.#inUse) this.#set(this.limit * gradient + Math.sqrt(this.limit))
    } else {
      const windows = Math.min(Math.round(elapsedMs / windowMs), 100)
      for (let i = 0; i < windows && (this.#inUse || this.limit < this.#initial); i++) this.#set(this.limit * idleGrowth)
    }
    this.#completed = 0
    this.#peak = this.#inFlight
  }

  get #inUse(): boolean {
    return this.#peak * 2 > this.limit
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
/** At nine tenths of its capacity a queue with random arrivals and even work holds fewer than 25 in 99 of 100 moments, whatever a request costs. */
const queueAllowed = 30
/** Where requests are so dear that 30 of them take longer, this is what one may wait for a turn. */
const turnAllowedMs = 500
