import { performance } from 'node:perf_hooks'
import type pg from 'pg'

/** Mean time between two questions whether a silent server is back, jittered by half. */
const probeEveryMs = 100

/**
 * Notices a server that takes questions and gives no word: its node is gone, or the network swallows. A refusal tells at once; of silence every
 * request would find out anew, at the price of its whole patience.
 */
export class Silence {
  readonly #pool: pg.Pool
  readonly #connected = new Set<pg.PoolClient>()
  #answeredAt = 0
  #lasts = false

  constructor(pool: pg.Pool) {
    this.#pool = pool
    pool.on('connect', (client) => this.#connected.add(client))
    pool.on('remove', (client) => this.#connected.delete(client))
  }

  /** True from the first question without an answer until the server answers again: no other need be asked. */
  get lasts(): boolean {
    return this.#lasts
  }

  answered(): void {
    this.#answeredAt = performance.now()
  }

  /** A question found no answer in time. One statement that is slow is no silence: then others were answered since. */
  unanswered(askedAt: number): void {
    if (this.#lasts || this.#answeredAt > askedAt) return
    this.#lasts = true
    // They lead where nobody is, and would keep their places in the pool until their own timeouts.
    for (const { connection } of this.#connected) connection.stream.destroy()
    this.#listen()
  }

  #listen(): void {
    const ask = () =>
      this.#pool.query('SELECT 1').then(
        () => {
          this.#lasts = false
          this.answered()
        },
        () => {
          if (!this.#pool.ending) this.#listen()
        },
      )
    setTimeout(ask, probeEveryMs * (0.5 + Math.random())).unref()
  }
}

/**
 * Rejects when the work takes longer; what it does may still happen.
 * What has arrived by then counts: a process that had no CPU for a while must not take that for silence.
 */
export function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(reject, new Error(`timeout: no answer within ${limitMs} ms`)), limitMs)
    work.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
