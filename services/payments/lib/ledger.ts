import type { Database } from '@headroom/kit/database'
import { problems } from './problems.ts'
import type { Charge, ChargeRequest, Refund } from './schemas.ts'

type Query = Database['query']

interface Row {
  amount_cents: number
  currency: string
  state: 'captured' | 'declined' | 'refunded'
  refunded_at: Date
}

const insert = 'INSERT INTO charges (id, amount_cents, currency, state) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO NOTHING'
const read = 'SELECT amount_cents, currency, state, refunded_at FROM charges WHERE id = $1'
const giveBack = `UPDATE charges SET state = 'refunded', refunded_at = now() WHERE id = $1 AND state = 'captured'
RETURNING amount_cents, currency, state, refunded_at`

/**
 * Records a charge once: the first request of an order decides, every later or simultaneous one gets the same answer, also after a refund.
 * @param declines whether the provider declines it, if it is new
 * @throws Problem payment_declined or idempotency_key_reused
 */
export async function capture(query: Query, { orderId, amountCents, currency }: ChargeRequest, declines: boolean): Promise<Charge> {
  let declined = declines
  const { rowCount } = await query('charge', insert, [orderId, amountCents, currency, declines ? 'declined' : 'captured'])
  if (rowCount === 0) {
    const { rows } = await query<Row>('read', read, [orderId])
    const known = rows[0] as Row
    if (known.amount_cents !== amountCents || known.currency !== currency)
      throw problems.idempotency_key_reused('the order was charged with another amount or currency')
    declined = known.state === 'declined'
  }
  if (declined) throw problems.payment_declined()
  return { id: orderId, orderId, amountCents, currency, state: 'captured' }
}

/**
 * Gives a captured charge back once, however often it is asked.
 * @throws Problem charge_not_found or charge_declined
 */
export async function refund(query: Query, id: string): Promise<Refund> {
  const row = (await query<Row>('refund', giveBack, [id])).rows[0] ?? (await query<Row>('read', read, [id])).rows[0]
  if (row === undefined) throw problems.charge_not_found()
  if (row.state === 'declined') throw problems.charge_declined()
  const { amount_cents: amountCents, currency, refunded_at } = row
  return { id, orderId: id, amountCents, currency, state: 'refunded', refundedAt: refunded_at.toISOString() }
}
