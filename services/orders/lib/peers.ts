import { type Answer, type Call, type Client, codeOf } from '@headroom/kit/client'
import type { CallContext } from '@headroom/kit/deadlines'
import { Problem, problems } from '@headroom/kit/errors'
import { pricesOf } from './answers.ts'
import type { Order } from './order.ts'
import type { Price } from './price-list.ts'

/**
 * What is known when a peer did not do as asked: `overloaded` and `unreachable` mean it surely has not begun to,
 * `unknown` means that it may have. Asking again with the same id tells.
 */
export type Undone = 'overloaded' | 'unreachable' | 'unknown'

/** The other services as the saga sees them. Every question may be asked again with the same effect. */
export interface Peers {
  hold(context: CallContext, order: Order): Promise<'held' | 'sold_out' | 'tier_not_found' | 'hold_expired' | Undone>
  confirm(context: CallContext, order: Order): Promise<'confirmed' | 'hold_expired' | Undone>
  release(context: CallContext, order: Order): Promise<'released' | Undone>
  charge(context: CallContext, order: Order): Promise<'captured' | 'payment_declined' | Undone>
  refund(context: CallContext, order: Order): Promise<'refunded' | Undone>
}

/**
 * Speaks to inventory and payments.
 * @param inventory must not resend by itself: what is asked once and refused was not done, of what is asked twice nobody knows
 * @param payments likewise
 * @param onOdd told of an answer that the contract does not know; it counts as unknown
 */
export function createPeers(inventory: Client, payments: Client, onOdd: (peer: string, answer: Answer) => void): Peers {
  const ask = <T extends string>(client: Client, known: Record<string, T>) => {
    return async (context: CallContext, call: Call): Promise<T | Undone> => {
      const answer = await client.call(context, call).catch(unanswered)
      if (typeof answer === 'string') return answer
      const code = codeOf(answer.body)
      const outcome = known[`${answer.status}`] ?? known[`${answer.status} ${code}`]
      if (outcome !== undefined) return outcome
      if (answer.status === 429 || (answer.status === 503 && code === 'overloaded')) return 'overloaded'
      if (answer.status < 500) onOdd(client.name, answer)
      return 'unknown'
    }
  }
  const hold = ask(inventory, {
    201: 'held',
    '409 sold_out': 'sold_out',
    '409 hold_expired': 'hold_expired',
    '404 tier_not_found': 'tier_not_found',
  })
  const confirm = ask(inventory, { 200: 'confirmed', '409 hold_expired': 'hold_expired', '404 hold_not_found': 'hold_expired' })
  const release = ask(inventory, { 204: 'released' })
  const charge = ask(payments, { 201: 'captured', '402 payment_declined': 'payment_declined' })
  const refund = ask(payments, { 200: 'refunded' })
  return {
    hold: (context, { id, eventId, tierId, quantity }) =>
      hold(context, { method: 'POST', path: '/holds', body: { orderId: id, eventId, tierId, quantity } }),
    confirm: (context, { id }) => confirm(context, { method: 'POST', path: `/holds/${id}/confirm` }),
    release: (context, { id }) => release(context, { method: 'DELETE', path: `/holds/${id}` }),
    charge: (context, { id, amountCents, currency }) =>
      charge(context, { method: 'POST', path: '/charges', body: { orderId: id, amountCents, currency }, idempotencyKey: id }),
    refund: (context, { id }) => refund(context, { method: 'POST', path: `/charges/${id}/refund` }),
  }
}

/** Errors of getting a connection: with these, no byte of the request left. */
const neverConnected = new Set(['ECONNREFUSED', 'UND_ERR_CONNECT_TIMEOUT', 'ENOTFOUND', 'EAI_AGAIN'])

/** Silence: only a connection that never came to be, or a queue that was full here, proves that nothing was sent. */
function unanswered(error: unknown): Undone {
  if (!(error instanceof Problem)) throw error
  if (error.code === 'overloaded') return 'overloaded'
  const { code = '' } = (error.cause ?? {}) as NodeJS.ErrnoException
  return neverConnected.has(code) ? 'unreachable' : 'unknown'
}

/**
 * Prices of an event from catalog, by tier; empty when there is no such event.
 * @throws Problem dependency_unavailable, overloaded or deadline_exceeded
 */
export async function readPrices(catalog: Client, context: CallContext, eventId: string): Promise<ReadonlyMap<string, Price>> {
  const { status, body } = await catalog.call(context, { method: 'GET', path: `/events/${eventId}` })
  if (status === 404 && codeOf(body) === 'event_not_found') return new Map()
  if (status === 503) throw problems.overloaded('catalog is too busy', { retryAfterS: 1 })
  const prices = status === 200 ? pricesOf(body) : undefined
  if (prices === undefined) throw problems.dependency_unavailable(`catalog gives no usable answer, status ${status}`, { retryAfterS: 1 })
  return prices
}
