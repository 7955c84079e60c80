import { Recent } from './recent.ts'

interface Entry<V> {
  value: Promise<V>
  /** Infinite while the value is being fetched. */
  freshUntilMs: number
}

/**
 * Remembers each value for a moment and fetches it once however many ask meanwhile ("single flight"),
 * so that a crowd looking at one event costs its owner a few requests per second and replica.
 * A failure is remembered as long: a peer in trouble is not asked by everybody in turn.
 */
export class MicroCache<V> {
  readonly #entries: Recent<Entry<V>>
  readonly #ttlMs: number
  readonly #nowMs: () => number

  /**
   * @param ttlMs how long a value is fresh, counted from its arrival
   * @param max entries kept
   * @param nowMs a clock that only moves forward
   */
  constructor(ttlMs: number, max: number, nowMs: () => number) {
    this.#entries = new Recent(max)
    this.#ttlMs = ttlMs
    this.#nowMs = nowMs
  }

  get(key: string, fetch: () => Promise<V>): Promise<V> {
    const known = this.#entries.get(key)
    if (known !== undefined && this.#nowMs() < known.freshUntilMs) return known.value
    const entry: Entry<V> = { value: fetch(), freshUntilMs: Number.POSITIVE_INFINITY }
    const settled = () => {
      entry.freshUntilMs = this.#nowMs() + this.#ttlMs
    }
    entry.value.then(settled, settled)
    this.#entries.set(key, entry)
    return entry.value
  }
}
