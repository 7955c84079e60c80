import { Type } from 'typebox'
import type { Expectation } from './expectation.ts'

const orderId = '0198f0a2-7c1d-7e3a-9b5c-0123456789ab'
const [eventId, tierId] = ['aurora-live', 'aurora-live-floor']

/** What orders asks of the services its saga spans. */
export const orders: Expectation[] = [
  {
    provider: 'catalog',
    call: 'GET /events/{id}',
    params: { id: eventId },
    reads: {
      200: Type.Object({ tiers: Type.Array(Type.Object({ id: Type.String(), priceCents: Type.Integer(), currency: Type.String() })) }),
    },
    codes: { 404: ['event_not_found'] },
  },
  {
    provider: 'catalog',
    call: 'POST /inbox',
    body: { events: [{ id: orderId, type: 'order.confirmed', orderId, eventId, tierId, quantity: 1, at: '2027-01-01T10:00:00.000Z' }] },
    reads: { 200: null },
  },
  {
    provider: 'inventory',
    call: 'POST /holds',
    body: { orderId, eventId, tierId, quantity: 4 },
    reads: { 201: null },
    codes: { 404: ['tier_not_found'], 409: ['sold_out', 'hold_expired'], 503: ['overloaded'] },
  },
  {
    provider: 'inventory',
    call: 'POST /holds/{id}/confirm',
    params: { id: orderId },
    reads: { 200: null },
    codes: { 404: ['hold_not_found'], 409: ['hold_expired'] },
  },
  { provider: 'inventory', call: 'DELETE /holds/{id}', params: { id: orderId }, reads: { 204: null }, codes: { 409: ['hold_confirmed'] } },
  {
    provider: 'payments',
    call: 'POST /charges',
    headers: { 'idempotency-key': orderId },
    body: { orderId, amountCents: 9500, currency: 'EUR' },
    reads: { 201: null },
    codes: { 402: ['payment_declined'] },
  },
  {
    provider: 'payments',
    call: 'POST /charges/{id}/refund',
    params: { id: orderId },
    reads: { 200: null },
    codes: { 404: ['charge_not_found'], 409: ['charge_declined'] },
  },
]
