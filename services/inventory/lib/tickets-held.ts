import { performance } from 'node:perf_hooks'
import type { Query } from './rounds.ts'
import * as statements from './statements.ts'

/** Every replica reads the same figure; a scrape every 15 s does not need it fresher than this. */
const refreshMs = 5000

/** How many tickets are in open holds, by what the database said last. */
export class TicketsHeld {
  readonly #query: Query
  #readAtMs = Number.NEGATIVE_INFINITY
  count = 0

  constructor(query: Query) {
    this.#query = query
  }

  /** Asks the database, unless it was asked a moment ago. @throws Problem database_unavailable; the figure stays what it was */
  async refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < refreshMs) return
    const { rows } = await this.#query<{ held: number }>('tickets_held', statements.ticketsHeld)
    this.#readAtMs = performance.now()
    this.count = rows[0]?.held ?? 0
  }
}
