import { Type } from 'typebox'
import type { Expectation } from './expectation.ts'

const id = 'aurora-live'
const orderId = '0198f0a2-7c1d-7e3a-9b5c-0123456789ab'

const event = {
  id: Type.String(),
  name: Type.String(),
  startsAt: Type.String(),
  tiers: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), priceCents: Type.Integer(), currency: Type.String() })),
}

const order = Type.Object({
  id: Type.String(),
  state: Type.Enum(['pending', 'confirmed', 'cancelled']),
  eventId: Type.String(),
  tierId: Type.String(),
  quantity: Type.Integer(),
  amountCents: Type.Integer(),
  currency: Type.String(),
  createdAt: Type.String(),
})

/** What gateway asks of the services behind it. */
export const gateway: Expectation[] = [
  { provider: 'hello', call: 'GET /hello', reads: { 200: null } },
  { provider: 'catalog', call: 'GET /events', reads: { 200: Type.Object({ events: Type.Array(Type.Object(event)) }), 304: null } },
  {
    provider: 'catalog',
    call: 'GET /events/{id}',
    params: { id },
    reads: { 200: Type.Object(event), 304: null },
    codes: { 404: ['event_not_found'] },
  },
  {
    provider: 'inventory',
    call: 'GET /availability/{eventId}',
    params: { eventId: id },
    reads: { 200: Type.Object({ tiers: Type.Array(Type.Object({ id: Type.String(), remaining: Type.Integer() })) }) },
  },
  {
    provider: 'orders',
    call: 'POST /orders',
    headers: { 'idempotency-key': 'a-key' },
    body: { eventId: id, tierId: `${id}-floor`, quantity: 4, buyer: 'Ada' },
    reads: { 201: order, 202: order },
    codes: { 402: ['payment_declined'], 404: ['tier_not_found'], 409: ['sold_out'], 422: ['idempotency_key_reused'], 503: ['overloaded'] },
  },
  { provider: 'orders', call: 'GET /orders/{id}', params: { id: orderId }, reads: { 200: order }, codes: { 404: ['order_not_found'] } },
]
