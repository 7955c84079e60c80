import type { Exchange } from './exchange.ts'

/** The requests that are open. Linked through the exchanges themselves: a Set would hash each of them twice. */
export class OpenExchanges {
  #newest: Exchange | undefined

  add(exchange: Exchange): void {
    exchange.older = this.#newest
    if (this.#newest !== undefined) this.#newest.newer = exchange
    this.#newest = exchange
    exchange.open = true
  }

  /** @returns false when it was not open */
  delete(exchange: Exchange): boolean {
    if (!exchange.open) return false
    const { older, newer } = exchange
    if (newer === undefined) this.#newest = older
    else newer.older = older
    if (older !== undefined) older.newer = newer
    exchange.older = exchange.newer = undefined
    exchange.open = false
    return true
  }

  get empty(): boolean {
    return this.#newest === undefined
  }

  list(): Exchange[] {
    const all: Exchange[] = []
    for (let exchange = this.#newest; exchange !== undefined; exchange = exchange.older) all.push(exchange)
    return all
  }
}
