import { performance } from 'node:perf_hooks'
import { type CatalogEvent, type Pages, renderPages } from './pages.ts'

/** Longest a reader waits for the database when there is an older answer to give. */
const patienceMs = 250

/**
 * The whole catalog in memory, read again when it is older than `ttlMs` by one reader while the others wait for that reading.
 * When the database is slow or gone, the last catalog is served, marked degraded; the database is then asked at most once per `ttlMs`,
 * in the background.
 */
export class CatalogCache {
  readonly #load: () => Promise<CatalogEvent[]>
  readonly #ttlMs: number
  #events: CatalogEvent[] | undefined
  #fresh: Pages | undefined
  #stale: Pages | undefined
  #askedAt = Number.NEGATIVE_INFINITY
  #loading: Promise<void> | undefined
  #failed = false

  constructor(load: () => Promise<CatalogEvent[]>, ttlMs: number) {
    this.#load = load
    this.#ttlMs = ttlMs
  }

  /** The pages when no reading is due, else undefined: ask `read`. The fast path of nearly every request. */
  get current(): Pages | undefined {
    if (performance.now() - this.#askedAt >= this.#ttlMs || this.#loading !== undefined) return undefined
    return this.#failed ? this.#stale : this.#fresh
  }

  /**
   * The pages, read again first when that is due.
   * @throws whatever `load` throws when nothing was ever read
   */
  async read(): Promise<Pages> {
    if (this.current !== undefined) return this.current
    const loading = this.#refresh()
    if (this.#events === undefined) await loading
    else if (!this.#failed) await settled(loading, patienceMs)
    if (this.#loading === undefined && !this.#failed && this.#fresh !== undefined) return this.#fresh
    this.#stale ??= renderPages(this.#events ?? [], true)
    return this.#stale
  }

  #refresh(): Promise<void> {
    this.#loading ??= this.#reload().finally(() => {
      this.#askedAt = performance.now()
      this.#loading = undefined
    })
    return this.#loading
  }

  async #reload(): Promise<void> {
    try {
      const events = await this.#load()
      if (JSON.stringify(events) !== JSON.stringify(this.#events)) {
        this.#events = events
        this.#fresh = renderPages(events, false)
        this.#stale = undefined
      }
      this.#failed = false
    } catch (error) {
      this.#failed = true
      if (this.#events === undefined) throw error
    }
  }
}

/** Resolves when `work` has settled or the time is up. */
async function settled(work: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const limit = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms)
  })
  await Promise.race([work, limit])
  clearTimeout(timer)
}
