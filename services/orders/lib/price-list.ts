import { performance } from 'node:perf_hooks'

export interface Price {
  cents: number
  currency: string
}

interface Entry {
  prices: ReadonlyMap<string, Price>
  readAt: number
}

/** Most events whose prices are kept; the one read longest ago makes room. */
const entriesMax = 1000

/** Prices by event, kept for `ttlMs` and, while they cannot be read again, for as long as it takes. */
export class PriceList {
  readonly #read: (traceparent: string, eventId: string) => Promise<ReadonlyMap<string, Price>>
  readonly #ttlMs: number
  readonly #entries = new Map<string, Entry>()
  readonly #reading = new Map<string, Promise<ReadonlyMap<string, Price>>>()

  /** @param read prices of an event by tier; an empty map when there is no such event */
  constructor(read: (traceparent: string, eventId: string) => Promise<ReadonlyMap<string, Price>>, ttlMs: number) {
    this.#read = read
    this.#ttlMs = ttlMs
  }

  /**
   * The price of a ticket, or undefined when there is no such tier. An old price is given at once and read again behind it,
   * so that a slow catalog slows no order.
   * @param traceparent of the request, which a reading that it causes belongs to
   * @throws what `read` throws when the event's prices were never read
   */
  async of(traceparent: string, eventId: string, tierId: string): Promise<Price | undefined> {
    const entry = this.#entries.get(eventId)
    if (entry === undefined) return (await this.#refresh(traceparent, eventId)).get(tierId)
    if (performance.now() - entry.readAt > this.#ttlMs) {
      // A catalog that does not answer is asked again once per ttlMs, not by every order.
      entry.readAt = performance.now()
      this.#refresh(traceparent, eventId).catch(() => {})
    }
    return entry.prices.get(tierId)
  }

  #refresh(traceparent: string, eventId: string): Promise<ReadonlyMap<string, Price>> {
    const running = this.#reading.get(eventId)
    if (running !== undefined) return running
    const reading = this.#read(traceparent, eventId)
      .then((prices) => this.#keep(eventId, prices))
      .finally(() => this.#reading.delete(eventId))
    this.#reading.set(eventId, reading)
    return reading
  }

  /** An event that does not exist is not kept: anybody can think of many. */
  #keep(eventId: string, prices: ReadonlyMap<string, Price>): ReadonlyMap<string, Price> {
    this.#entries.delete(eventId)
    if (prices.size === 0) return prices
    if (this.#entries.size >= entriesMax) this.#entries.delete(this.#entries.keys().next().value as string)
    this.#entries.set(eventId, { prices, readAt: performance.now() })
    return prices
  }
}
