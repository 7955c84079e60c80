import { performance } from 'node:perf_hooks'

export interface MicroCacheOptions<Value> {
  /** How long a value may be answered after it was asked for. */
  ttlMs: number
  /** Most keys kept; the oldest goes first. */
  entriesMax: number
  load: (key: string) => Promise<Value>
}

/** Keeps values for a moment, so that a thousand readers cost one read, and lets all who wait for a key share one load. A failed load is not kept. */
export class MicroCache<Value> {
  readonly #options: MicroCacheOptions<Value>
  readonly #entries = new Map<string, { value: Promise<Value>; freshUntil: number }>()

  constructor(options: MicroCacheOptions<Value>) {
    this.#options = options
  }

  get(key: string): Promise<Value> {
    const { ttlMs, entriesMax, load } = this.#options
    const now = performance.now()
    const kept = this.#entries.get(key)
    if (kept !== undefined && now < kept.freshUntil) return kept.value
    const value = load(key)
    // While the load runs it is shared however long it takes; its age counts from when it was asked.
    const entry = { value, freshUntil: Number.POSITIVE_INFINITY }
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    value.then(
      () => {
        entry.freshUntil = now + ttlMs
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key)
      },
    )
    if (this.#entries.size > entriesMax) this.#entries.delete(this.#entries.keys().next().value as string)
    return value
  }
}
