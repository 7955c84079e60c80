import { performance } from 'node:perf_hooks'
import type { Client } from '@headroom/kit/client'
import type { Database } from '@headroom/kit/database'
import type { InNewTrace } from '@headroom/kit/tracing'
import * as statements from './statements.ts'

/** Most events in one delivery: the consumer's own limit. */
const batchMax = 100
/** How long claimed events belong to one publisher; longer than a delivery may take. */
const claimS = 5
const deliveryMs = 2000
const pauseMaxS = 5

interface EventRow {
  id: string
  payload: object
  attempts: number
}

/**
 * Delivers one batch of events to the consumer's inbox, at least once: an event is marked only after the consumer has it,
 * and one that was claimed and not marked is claimed again.
 * @returns how many were delivered, and whether there may be more
 * @throws Error when the consumer did not take the batch; it is tried again after a growing pause
 */
export async function deliverEvents(
  database: Pick<Database, 'query'>,
  consumer: Pick<Client, 'name' | 'call'>,
  inNewTrace: InNewTrace,
): Promise<{ delivered: number; more: boolean }> {
  const claimed = await database.query<EventRow>('claim_events', statements.claimEvents, [batchMax, claimS])
  // A batch that is too large would be refused for ever, so the consumer's limit is kept here too: the rest is claimed again.
  const rows = claimed.rows.slice(0, batchMax)
  if (rows.length === 0) return { delivered: 0, more: false }
  const ids = rows.map(({ id }) => id)
  const events = rows.map(({ id, payload }) => ({ id, ...payload }))
  try {
    await inNewTrace('deliver events', {}, async (traceparent) => {
      const context = { traceparent, deadlineAt: performance.now() + deliveryMs }
      const { status } = await consumer.call(context, { method: 'POST', path: '/inbox', body: { events } })
      if (status !== 200) throw new Error(`${consumer.name} answers ${status}`)
    })
  } catch (error) {
    const attempts = Math.max(...rows.map((row) => row.attempts))
    const pauseS = Math.min(pauseMaxS, 0.25 * 2 ** attempts) * (0.5 + Math.random() / 2)
    await database.query('events_later', statements.eventsLater, [ids, pauseS])
    throw error
  }
  await database.query('events_delivered', statements.eventsDelivered, [ids])
  return { delivered: rows.length, more: rows.length === batchMax }
}
