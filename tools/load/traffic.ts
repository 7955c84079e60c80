import { randomUUID } from 'node:crypto'
import { pick, type Random } from './random.ts'
import type { ShopEvent } from './shop.ts'
import type { Journey } from './verdict.ts'

/** An order as it was asked for. */
export interface OrderAttempt {
  readonly key: string
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
}

/** One request, ready to be written. */
export interface PlannedRequest {
  readonly journey: Journey
  readonly bytes: string
  readonly order: OrderAttempt | null
}

/** Share of each journey; the numbers are weights and need not add up to 100. */
export type Mix = Readonly<Record<Exclude<Journey, 'path'>, number>>

/** Makes the requests of a run, one after another. */
export interface Traffic {
  next(): PlannedRequest
  /** Tells of an order the target acknowledged, so that it can be read later. */
  acknowledged(orderId: string): void
}

const QUANTITY_MAX = 4
/** Orders to choose a read from: recent ones are what buyers come back to. */
const READABLE_ORDERS_MAX = 1000

/** `GET path` over and over. */
export function pathTraffic(host: string, path: string): Traffic {
  const request: PlannedRequest = { journey: 'path', bytes: get(host, path), order: null }
  return { next: () => request, acknowledged: () => undefined }
}

/** How buyers behave. */
export interface BuyerOptions {
  readonly mix: Mix
  readonly events: readonly ShopEvent[]
  /** The event that draws the crowd. */
  readonly hotEvent: string
  /** Share of views and orders that go to it, 0 to 1; the others share the rest evenly. */
  readonly hotShare: number
}

/** Buyers who browse, view, order and read their orders again. */
export class BuyerTraffic implements Traffic {
  readonly #host: string
  readonly #random: Random
  readonly #hotShare: number
  readonly #hot: ShopEvent
  readonly #others: readonly ShopEvent[]
  readonly #thresholds: readonly (readonly [number, Journey])[]
  readonly #browse: PlannedRequest
  readonly #orderIds: string[] = []
  #acknowledgedCount = 0

  /** @throws {RangeError} where the hot event is not among the events, or no journey has a share */
  constructor(host: string, random: Random, options: BuyerOptions) {
    const hot = options.events.find((event) => event.id === options.hotEvent)
    if (hot === undefined) {
      throw new RangeError(`no event "${options.hotEvent}" on sale, there are: ${options.events.map((event) => event.id).join(', ')}`)
    }
    this.#host = host
    this.#random = random
    this.#hot = hot
    this.#others = options.events.filter((event) => event !== hot)
    this.#hotShare = this.#others.length === 0 ? 1 : options.hotShare
    this.#thresholds = thresholds(options.mix)
    this.#browse = { journey: 'browse', bytes: get(host, '/api/events'), order: null }
  }

  next(): PlannedRequest {
    const point = this.#random()
    const journey = this.#thresholds.find(([below]) => point < below)?.[1] ?? 'browse'
    if (journey === 'view') return { journey, bytes: get(this.#host, `/api/events/${this.#event().id}`), order: null }
    if (journey === 'order') return this.#order()
    // Until the first order is acknowledged there is none to read, and a buyer looks round instead.
    if (journey === 'read' && this.#orderIds.length > 0) {
      return { journey, bytes: get(this.#host, `/api/orders/${pick(this.#orderIds, this.#random)}`), order: null }
    }
    return this.#browse
  }

  acknowledged(orderId: string): void {
    this.#orderIds[this.#acknowledgedCount % READABLE_ORDERS_MAX] = orderId
    this.#acknowledgedCount += 1
  }

  #event(): ShopEvent {
    return this.#random() < this.#hotShare ? this.#hot : pick(this.#others, this.#random)
  }

  #order(): PlannedRequest {
    const event = this.#event()
    const quantity = 1 + Math.floor(this.#random() * QUANTITY_MAX)
    // Keys are never seeded: a second run with the same seed would be answered with the first run's orders.
    const order = { key: randomUUID(), eventId: event.id, tierId: pick(event.tierIds, this.#random), quantity }
    const body = JSON.stringify({ eventId: order.eventId, tierId: order.tierId, quantity })
    const head = `POST /api/orders HTTP/1.1\r\nhost: ${this.#host}\r\naccept: application/json\r\nidempotency-key: ${order.key}\r\n`
    const bytes = `${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`
    return { journey: 'order', bytes, order }
  }
}

function get(host: string, path: string): string {
  return `GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: */*\r\n\r\n`
}

/** Upper bounds of each journey's stretch of [0, 1). */
function thresholds(mix: Mix): [number, Journey][] {
  const entries = Object.entries(mix) as [Journey, number][]
  const total = entries.reduce((sum, [, weight]) => sum + weight, 0)
  if (!(total > 0)) throw new RangeError('the mix needs at least one journey with a share above 0')
  let sum = 0
  return entries.map(([journey, weight]) => {
    sum += weight
    return [sum / total, journey]
  })
}
