import { performance } from 'node:perf_hooks'
import { type Answer, type Call, codeOf } from '@headroom/kit/client'
import type { CallContext } from '@headroom/kit/deadlines'
import { problems as common, Problem } from '@headroom/kit/errors'
import { eventOf, eventsOf, isDegraded, type Remaining, remainingOf } from './answers.ts'
import { MicroCache } from './micro-cache.ts'
import { problems } from './problems.ts'
import { Recent } from './recent.ts'
import type { Event, EventList, EventView } from './schemas.ts'

/** Asks one peer; any status is an answer, silence is an error. */
export type Ask = (context: CallContext, call: Call) => Promise<Answer>

export interface StorefrontOptions {
  catalog: Ask
  inventory: Ask
  /** How long an availability is fresh. */
  availabilityTtlMs: number
  /** Longest an availability may take. */
  inventoryTimeoutMs: number
}

/** An answer of catalog that is kept for when it gives none. */
interface Known<T> {
  value: T
  /** Catalog said itself that this may be out of date. */
  degraded: boolean
  etag: string | undefined
}

/** Events one replica remembers; there may be more. */
const knownMax = 1000

/**
 * What a buyer sees, composed from catalog and inventory. Catalog is asked every time and answers 304 as long as nothing changed;
 * when it does not answer, its last good answer is shown and marked. Without inventory nobody knows what is left, and null says so.
 */
export class Storefront {
  /** Answers with a part missing or out of date. */
  degradedCount = 0
  readonly #options: StorefrontOptions
  readonly #lists = new Recent<Known<Event[]>>(1)
  readonly #events = new Recent<Known<Event>>(knownMax)
  readonly #availabilities: MicroCache<Remaining | undefined>

  constructor(options: StorefrontOptions) {
    this.#options = options
    this.#availabilities = new MicroCache(options.availabilityTtlMs, knownMax, () => performance.now())
  }

  /** @throws Problem when catalog does not answer and never did */
  async list(context: CallContext): Promise<EventList> {
    const path = '/events'
    const { value, stale } = await this.#read(context, path, this.#lists, eventsOf)
    return { events: value, degraded: this.#count(stale) }
  }

  /** @throws Problem event_not_found, or when catalog does not answer and never knew this event */
  async view(context: CallContext, id: string): Promise<EventView> {
    const path = `/events/${id}`
    // An id nobody has seen yet is catalog's question alone: made-up ids cost inventory nothing.
    const early = this.#events.get(path) === undefined ? undefined : this.#remaining(context, id)
    const { value, stale } = await this.#read(context, path, this.#events, eventOf)
    const left = await (early ?? this.#remaining(context, id))
    const tiers = value.tiers.map((tier) => ({ ...tier, remaining: left?.get(tier.id) ?? null }))
    return { ...value, tiers, degraded: this.#count(stale || tiers.some(({ remaining }) => remaining === null)) }
  }

  #count(degraded: boolean): boolean {
    if (degraded) this.degradedCount++
    return degraded
  }

  async #read<T>(context: CallContext, path: string, cache: Recent<Known<T>>, parse: (body: unknown) => T | undefined) {
    const known = cache.get(path)
    try {
      const current = await this.#fetch(context, path, known, parse)
      cache.set(path, current)
      return { value: current.value, stale: current.degraded }
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      if (error.code === 'event_not_found') cache.delete(path)
      else if (known !== undefined) return { value: known.value, stale: true }
      throw error
    }
  }

  async #fetch<T>(context: CallContext, path: string, known: Known<T> | undefined, parse: (body: unknown) => T | undefined) {
    const headers = known?.etag === undefined ? undefined : { 'if-none-match': known.etag }
    const answer = await this.#options.catalog(context, { method: 'GET', path, headers })
    if (answer.status === 304 && known !== undefined) return known
    const value = answer.status === 200 ? parse(answer.body) : undefined
    if (value !== undefined) {
      const { etag } = answer.headers
      return { value, degraded: isDegraded(answer.body), etag: typeof etag === 'string' ? etag : undefined }
    }
    if (answer.status === 404 && codeOf(answer.body) === 'event_not_found') throw problems.event_not_found()
    if (answer.status === 503 && codeOf(answer.body) === 'overloaded') throw common.overloaded('catalog is too busy', { retryAfterS: 1 })
    throw common.dependency_unavailable('catalog gives no usable answer', { retryAfterS: 1 })
  }

  #remaining({ traceparent }: CallContext, id: string): Promise<Remaining | undefined> {
    const { inventory, inventoryTimeoutMs } = this.#options
    return this.#availabilities.get(id, async () => {
      // The answer is for everybody who waits for it, so the first one's deadline must not end it.
      const context = { traceparent, deadlineAt: performance.now() + inventoryTimeoutMs }
      try {
        const { status, body } = await inventory(context, { method: 'GET', path: `/availability/${id}` })
        return status === 200 ? remainingOf(body) : undefined
      } catch (error) {
        if (error instanceof Problem) return undefined
        throw error
      }
    })
  }
}
