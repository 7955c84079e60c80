import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { CallContext } from '@headroom/kit/deadlines'
import { problems as common } from '@headroom/kit/errors'
import { requestHash } from './idempotency.ts'
import { type Order, type OrderRequest, orderView, type StoredReply } from './order.ts'
import type { FoundOrder, OrderStore } from './order-store.ts'
import type { Price } from './price-list.ts'
import { problems } from './problems.ts'
import { isFinal } from './saga.ts'
import type { SagaRunner } from './saga-runner.ts'

/** What is left of the caller's patience when we answer, so that the reply still arrives. */
const replyMarginMs = 200
/** How long a request waits for a recovery to settle its own order, once its outcome became unknown and unless recovery struggles. */
const settleMs = 1500
/** A key may be freed and taken again while we look; then we look again, this often. */
const attemptsMax = 3

export interface CheckoutOptions {
  store: OrderStore
  saga: SagaRunner
  /** @throws Problem when there is none */
  priceOf: (traceparent: string, eventId: string, tierId: string) => Promise<Price>
  leaseS: number
}

/** Places orders: one order and one reply for each idempotency key, however often and wherever it is sent. */
export class Checkout {
  readonly #options: CheckoutOptions

  constructor(options: CheckoutOptions) {
    this.#options = options
  }

  /**
   * Places an order or, for a key used before, finds the reply it has.
   * @returns the key's reply, or 202 and the order as it is when the caller's patience ends first
   * @throws Problem; the key may then be tried again, and gives the order it made, if it made one
   */
  async place(context: CallContext, key: string, request: OrderRequest): Promise<StoredReply> {
    const hash = requestHash(request)
    const untilAt = context.deadlineAt - replyMarginMs
    if (untilAt <= performance.now()) throw common.deadline_exceeded('too little time to place an order', { retryAfterS: 1 })
    const { traceparent } = context
    const price = await this.#options.priceOf(traceparent, request.eventId, request.tierId).catch((problem: unknown) => ({ problem }))
    if ('problem' in price) return await this.#repeatOrThrow(key, hash, untilAt, price.problem)
    const { store } = this.#options
    const amountCents = price.cents * request.quantity
    for (let attempt = 0; attempt < attemptsMax; attempt++) {
      const order = { ...request, id: randomUUID(), key, requestHash: hash, amountCents, currency: price.currency }
      const made = await store.create(order)
      if (made !== undefined) return await this.#drive(traceparent, made, untilAt)
      const known = await store.byKey(key)
      if (known !== undefined && !isForgettable(known)) return await this.#repeat(known, hash, untilAt)
      if (known !== undefined) await store.forgetKey(key)
    }
    throw common.overloaded('the Idempotency-Key is in use elsewhere', { retryAfterS: 1 })
  }

  /** Takes a new order as far as the time allows. */
  async #drive(traceparent: string, made: Order, untilAt: number): Promise<StoredReply> {
    // Within the lease, so that this request and a recovery do not work on the order at the same time.
    const deadlineAt = Math.min(untilAt, performance.now() + this.#options.leaseS * 1000 - 1000)
    const { order, refusal } = await this.#options.saga.run({ traceparent, deadlineAt }, made)
    if (order.reply !== undefined) return order.reply
    if (refusal !== undefined) throw refusal
    const patienceMs = this.#options.saga.struggling ? 0 : settleMs
    return await this.#awaitReply(order, Math.min(untilAt, performance.now() + patienceMs))
  }

  /** Without a price there is no new order; the reply of one that exists is given all the same. */
  async #repeatOrThrow(key: string, hash: string, untilAt: number, problem: unknown): Promise<StoredReply> {
    const known = await this.#options.store.byKey(key)
    if (known === undefined || isForgettable(known)) throw problem
    return await this.#repeat(known, hash, untilAt)
  }

  async #repeat(known: FoundOrder, hash: string, untilAt: number): Promise<StoredReply> {
    if (known.requestHash !== hash) throw problems.idempotency_key_reused()
    return await this.#awaitReply(known, untilAt)
  }

  /** Waits while somebody else, here or in another replica, brings the order to its reply. */
  async #awaitReply(order: Order | FoundOrder, untilAt: number): Promise<StoredReply> {
    let now = order
    let waitMs = 20
    for (;;) {
      if (now.reply !== undefined) return now.reply
      if (now.reason === 'unavailable') throw notTaken()
      if (now.reason === 'tier_not_found') throw problems.tier_not_found()
      const remainingMs = untilAt - performance.now()
      if (remainingMs <= 0) return await this.#pendingReply(now)
      await delay(Math.min(remainingMs, waitMs * (0.5 + Math.random())))
      waitMs = Math.min(waitMs * 2, 250)
      now = (await this.#options.store.byId(order.id)) ?? now
    }
  }

  /** Names the order to the client, who may read it later. From then on it is the key's order, whatever becomes of it. */
  async #pendingReply(order: Order): Promise<StoredReply> {
    if (!(await this.#options.store.tell(order.id))) throw notTaken()
    return { status: 202, body: JSON.stringify(orderView(order)) }
  }
}

function notTaken() {
  return common.overloaded('the order was not taken', { retryAfterS: 1 })
}

/** True when the key's time is over and its order finished. */
function isForgettable(order: FoundOrder): boolean {
  return order.keyExpired && isFinal(order.state)
}
