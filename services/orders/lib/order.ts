import type { Reason, State } from './saga.ts'

/** What a client asks for. */
export interface OrderRequest {
  eventId: string
  tierId: string
  quantity: number
  buyer?: string
}

/** The reply an idempotency key gives: stored when decided, sent byte for byte ever after. */
export interface StoredReply {
  status: number
  body: string
}

/** One order as this service works on it. */
export interface Order {
  readonly id: string
  readonly requestHash: string
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
  readonly amountCents: number
  readonly currency: string
  readonly createdAt: string
  readonly state: State
  readonly reason: Reason | undefined
  /** How often a recovery took it over; 0 in the hands of the request that made it. */
  readonly claim: number
  readonly reply: StoredReply | undefined
}

/** The order as the API shows it: what happens between `pending` and the end is nobody's business, and may change. */
export function orderView(order: Order) {
  const { id, state, reason, eventId, tierId, quantity, amountCents, currency, createdAt } = order
  return { id, state: publicState(state), reason, eventId, tierId, quantity, amountCents, currency, createdAt }
}

function publicState(state: State): 'pending' | 'confirmed' | 'cancelled' {
  if (state === 'confirmed') return 'confirmed'
  return state === 'cancelled' || state === 'cancelling' || state === 'refunding' ? 'cancelled' : 'pending'
}
