import { performance } from 'node:perf_hooks'
import type { Database } from '@headroom/kit/database'
import * as statements from './statements.ts'

/** Every replica reads the same figures; a scrape every 15 s does not need them fresher than this. */
const refreshMs = 5000

/** How long the oldest order has been unfinished and the oldest event undelivered, by what the database said last. */
export class Backlog {
  readonly #database: Database
  #readAtMs = Number.NEGATIVE_INFINITY
  #orderS: number | null = null
  #eventS: number | null = null

  constructor(database: Database) {
    this.#database = database
  }

  /** Seconds since the oldest unfinished order was made; 0 when there is none. */
  get oldestOrderS(): number {
    return this.#now(this.#orderS)
  }

  /** Seconds since the oldest undelivered event was written; 0 when there is none. */
  get oldestEventS(): number {
    return this.#now(this.#eventS)
  }

  /** Asks the database, unless it was asked a moment ago. @throws Problem database_unavailable; the ages known grow on */
  async refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < refreshMs) return
    const { rows } = await this.#database.query<{ order_s: number | null; event_s: number | null }>('backlog', statements.backlog)
    this.#readAtMs = performance.now()
    this.#orderS = rows[0]?.order_s ?? null
    this.#eventS = rows[0]?.event_s ?? null
  }

  /** What was waiting waits until the database says otherwise: an outage must not freeze an age below an alert's threshold. */
  #now(ageS: number | null): number {
    return ageS === null ? 0 : ageS + (performance.now() - this.#readAtMs) / 1000
  }
}
