import { performance } from 'node:perf_hooks'

/** Begins a request that has waited, or refuses it. @param late it waited for too long and is refused. @returns whether it is dealt with: false keeps it for the next turn */
type Start = (late: boolean) => boolean

interface Waiting {
  sinceMs: number
  start: Start
}

/**
 * A short queue before the handlers, for when the event loop is the bottleneck.
 *
 * A turn of the loop hands over every request that has come and accepts one new connection. Were all of them begun at once, a turn would
 * take as long as they do, nobody's priority would matter, and clients that connect anew would wait at the door. So a turn begins
 * requests for two milliseconds and leaves the rest to the next turns, the dearest first. Whoever would wait too long is refused at once.
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
  /** Starts while others waited, and the time they took in milliseconds, both fading; at first a guess, because the first requests of a process are its slowest. */
  #starts = 20
  #startsMs = 20
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
    if (before >= sizeMax) return true
    return before * this.#startEveryMs > this.#patienceMs(rank)
  }

  /** How long a request of this rank may wait. */
  #patienceMs(rank: number): number {
    const waitMs = waitMsMax[rank] ?? 0
    return Math.max(waitMs, Math.min(queueUsual * this.#startEveryMs, dearWaitMsMax))
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
    this.#refuseLate()
    const beganMs = this.#now()
    let nowMs = beganMs
    // One at least, however long the rest of the turn was: what was begun goes first, but does not keep everybody else out.
    for (let rank = 0; rank < this.#queues.length && nowMs - beganMs < budgetMs; rank++) {
      const queue = this.#queues[rank] as Waiting[]
      while (queue[0] !== undefined && nowMs - beganMs < budgetMs) {
        if (!queue[0].start(false)) {
          this.#schedule()
          return
        }
        this.#drop(queue)
        nowMs = this.#now()
        this.#began(nowMs)
      }
    }
    if (this.#size > 0) this.#schedule()
  }

  /** Whoever waits behind dearer ones that keep coming is told in time, and not when its turn would have come. */
  #refuseLate(): void {
    const nowMs = this.#now()
    this.#queues.forEach((queue, rank) => {
      const lateSinceMs = nowMs - lateAfter * this.#patienceMs(rank)
      while (queue[0] !== undefined && queue[0].sinceMs < lateSinceMs) {
        queue[0].start(true)
        this.#drop(queue)
      }
    })
  }

  #drop(queue: Waiting[]): void {
    queue.shift()
    this.#size--
  }

  #began(nowMs: number): void {
    const everyMs = nowMs - this.#lastStartMs
    this.#lastStartMs = nowMs
    const kept = paceMs / (paceMs + everyMs)
    this.#starts = this.#starts * kept + 1
    this.#startsMs = this.#startsMs * kept + everyMs
  }

  /** Mean time between two starts while others wait, in milliseconds. */
  get #startEveryMs(): number {
    return this.#startsMs / this.#starts
  }
}

/** Longest expected wait by rank: finishing an order, starting one, looking around. A pause by a CPU quota is 100 ms at most. */
const waitMsMax = [1000, 300, 150]
/** Times as long as foreseen: others came that go first, or the requests before it were dearer than those before them. */
const lateAfter = 4
/** A turn begins requests for this long, so that at least 500 new connections a second find a turn, less what else a turn does. */
const budgetMs = 2
/** Of a rank and those that go before it. */
const sizeMax = 1000
/**
 * At nine tenths of its capacity a queue with random arrivals and even work holds fewer than this in 99 of 100 moments, whatever a request
 * costs. Where requests are so dear that this takes longer than the above, it is no overload yet.
 */
const queueUsual = 25
const dearWaitMsMax = 500
/**
 * How long a start counts for the pace. Longer than anybody waits: the more are refused the slower the pace, and a queue that believed the
 * last moment would be full and empty by turns.
 */
const paceMs = 1000
