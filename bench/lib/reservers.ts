import { performance } from 'node:perf_hooks'
import type pg from 'pg'
import { Batcher } from '../../services/inventory/lib/batcher.ts'
import { createReserve } from '../../services/inventory/lib/reserve.ts'

/** One reservation of one ticket. */
export interface Order {
  id: string
  eventId: string
  tierId: string
}

/** Holds a ticket for an order; resolves with whether it fitted. */
export type Reserver = (order: Order) => Promise<boolean>

/** The ways to reserve that are compared: the service's own, and what a service without batches would do. All write the same rows. */
export const reservers: Record<'batched' | 'statement' | 'forUpdate', (pool: pg.Pool) => Reserver> = {
  /** What services/inventory does: the reservations of one turn of the event loop become one statement. */
  batched: (pool) => {
    const reserve = createReserve((name, text, values = []) => pool.query({ name, text, values }), 60)
    const batcher = new Batcher({ run: reserve, batchMax: 256, queueMax: 1024 })
    return async ({ id, eventId, tierId }) => {
      await batcher.submit({ orderId: id, eventId, tierId, quantity: 1 }, performance.now() + 60_000)
      return true
    }
  },
  /** One statement for each reservation: a conditional update and the hold, in one round trip. */
  statement: (pool) => {
    const text = `WITH counted AS (
      UPDATE tiers SET held = held + 1 WHERE id = $2 AND event_id = $3 AND held + sold + 1 <= stock RETURNING id
    ) INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at)
    SELECT $1, $3, id, 1, 'held', now() + interval '60 s' FROM counted`
    return async ({ id, eventId, tierId }) => (await pool.query({ name: 'statement', text, values: [id, tierId, eventId] })).rowCount === 1
  },
  /** The textbook: lock the row, look, write, commit. */
  forUpdate: (pool) => async (order) => {
    const client = await pool.connect()
    try {
      await client.query('BEGIN')
      const fits = await lockAndHold(client, order)
      await client.query('COMMIT')
      return fits
    } finally {
      client.release()
    }
  },
}

async function lockAndHold(client: pg.PoolClient, { id, eventId, tierId }: Order): Promise<boolean> {
  const look = 'SELECT stock - held - sold AS free FROM tiers WHERE id = $1 AND event_id = $2 FOR UPDATE'
  const { rows } = await client.query({ name: 'look', text: look, values: [tierId, eventId] })
  if (rows.length === 0 || rows[0].free < 1) return false
  const hold = `INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at) VALUES ($1, $2, $3, 1, 'held', now() + interval '60 s')`
  await client.query({ name: 'hold', text: hold, values: [id, eventId, tierId] })
  await client.query({ name: 'count', text: 'UPDATE tiers SET held = held + 1 WHERE id = $1', values: [tierId] })
  return true
}
