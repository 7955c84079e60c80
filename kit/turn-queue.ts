import { performance } from 'node:perf_hooks'

/** Begins a request that has waited, or refuses it. @param late it waited for too long and is refused */
type Start = (late: boolean) => void

interface Waiting {
  sinceMs: number
  start: Start
}

/**
 * A short queue before the handlers, for when the event loop is the bottleneck.
 *
 * A turn of the loop hands over every request that has come and accepts one new connection. Were all of them begun at once, a turn would
 * take as long as they do, nobody's priority would matter, and clients that connect anew would wait at the door. So a turn begins
 * requests for a few milliseconds and leaves the rest to the next turns, the dearest first. Whoever would wait too long is refused at once.
 *
 * While the loop keeps up nothing is ever queued, and a request costs one comparison more.
 */
export class TurnQueue {
  readonly #queues: Waiting[][] = waitMsMax.map(() => [])
  readonly #now: () => number
  readonly #defer: (work: () => void) => void
  #size = 0
  #turn = -1
  #turnBeganMs = 0
  #scheduled = false
  /** Mean time between two starts while others wait, in milliseconds. */
  #startEveryMs = 1
  #lastStartMs = 0

  /** @param now in milliseconds. @param defer to the end of this turn of the loop */
  constructor(now: () => number = () => performance.now(), defer: (work: () => void) => void = setImmediate) {
    this.#now = now
    this.#defer = defer
  }

  /** Requests that wait. */
  get size(): number {
    return this.#size
  }

  /** Whether a request may begin at once: nobody waits, and the turn is young. */
  isFree(turn: number, nowMs: number): boolean {
    if (this.#size > 0) return false
    if (turn !== this.#turn) {
      this.#turn = turn
      this.#turnBeganMs = nowMs
    }
    return nowMs - this.#turnBeganMs < budgetMs
  }

  /** Whether a request of this rank (0 is the dearest) would wait too long. */
  isFull(rank: number): boolean {
    let before = 0
    for (let i = 0; i <= rank; i++) before += this.#queues[i]?.length ?? 0
    return before * this.#startEveryMs > (waitMsMax[rank] ?? 0) || this.#size >= sizeMax
  }

  /** Lets a request wait for its turn. */
  wait(rank: number, sinceMs: number, start: Start): void {
    if (this.#size === 0) this.#lastStartMs = sinceMs
    this.#queues[rank]?.push({ sinceMs, start })
    this.#size++
    this.#schedule()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#defer(() => this.#drain())
  }

  #drain(): void {
    this.#scheduled = false
    const beganMs = this.#now()
    let nowMs = beganMs
    // One at least, however long the rest of the turn was: what was begun goes first, but does not keep everybody else out.
    for (let rank = 0; rank < this.#queues.length && nowMs - beganMs < budgetMs; rank++) {
      const queue = this.#queues[rank] as Waiting[]
      while (queue.length > 0 && nowMs - beganMs < budgetMs) {
        const { sinceMs, start } = queue.shift() as Waiting
        this.#size--
        const late = nowMs - sinceMs > 2 * (waitMsMax[rank] ?? 0)
        start(late)
        nowMs = this.#now()
        if (!late) this.#began(nowMs)
      }
    }
    if (this.#size > 0) this.#schedule()
  }

  #began(nowMs: number): void {
    const everyMs = nowMs - this.#lastStartMs
    this.#lastStartMs = nowMs
    this.#startEveryMs += (everyMs - this.#startEveryMs) * smoothing
  }
}

/** Longest expected wait by rank: finishing an order, starting one, looking around. A pause by a CPU quota is 100 ms at most. */
const waitMsMax = [1000, 300, 150]
/** A turn begins requests for this long. */
const budgetMs = 5
const sizeMax = 1000
const smoothing = 0.1
