/** A map that holds the entries set last, at most `max` of them. */
export class Recent<V> {
  readonly #entries = new Map<string, V>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    return this.#entries.get(key)
  }

  set(key: string, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size > this.#max) {
      const [oldest] = this.#entries.keys()
      this.#entries.delete(oldest as string)
    }
  }

  delete(key: string): void {
    this.#entries.delete(key)
  }
}
