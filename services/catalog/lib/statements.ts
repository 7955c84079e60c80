import type { Database } from '@headroom/kit/database'
import type { CatalogEvent } from './pages.ts'

/** Most events one catalog holds in memory; more would need pages. */
const eventsMax = 1000

/** One confirmed order, as orders tells it. */
export interface OrderEvent {
  id: string
  type: string
  orderId: string
  eventId: string
  tierId: string
  quantity: number
  at: string
}

interface EventRow {
  id: string
  name: string
  starts_at: Date
  tiers: CatalogEvent['tiers']
}

/** Reads the whole catalog, soonest event first. */
export async function readEvents(database: Database): Promise<CatalogEvent[]> {
  const { rows } = await database.query<EventRow>(
    'read_events',
    `SELECT e.id, e.name, e.starts_at,
            json_agg(json_build_object('id', t.id, 'name', t.name, 'priceCents', t.price_cents, 'currency', t.currency) ORDER BY t.position) AS tiers
     FROM events e JOIN tiers t ON t.event_id = e.id
     GROUP BY e.id ORDER BY e.starts_at, e.id LIMIT ${eventsMax}`,
  )
  return rows.map(({ id, name, starts_at, tiers }) => ({ id, name, startsAt: starts_at.toISOString(), tiers }))
}

/**
 * Takes a batch in one statement, so in one transaction: ids seen before are passed over, the effect of the new ones is applied.
 * Rows are inserted and locked in the order of their ids, so that two batches that overlap cannot wait for each other in a circle.
 * @returns how many events were new
 */
export async function takeOrderEvents(database: Database, batch: readonly OrderEvent[]): Promise<number> {
  const { rows } = await database.query<{ taken: number }>(
    'take_order_events',
    `WITH incoming AS (
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::text[], $6::integer[], $7::timestamptz[])
         AS e (id, type, order_id, event_id, tier_id, quantity, at)
     ), taken AS (
       INSERT INTO inbox (id, type, order_id, event_id, tier_id, quantity, at)
       SELECT * FROM incoming ORDER BY id
       ON CONFLICT DO NOTHING RETURNING tier_id, quantity
     ), effects AS (
       SELECT tier_id, sum(quantity) AS quantity FROM taken GROUP BY tier_id
     ), locked AS (
       SELECT id FROM tiers WHERE id IN (SELECT tier_id FROM effects) ORDER BY id FOR UPDATE
     ), applied AS (
       UPDATE tiers SET sold = sold + effects.quantity FROM effects, locked
       WHERE tiers.id = effects.tier_id AND locked.id = effects.tier_id
     )
     SELECT count(*) AS taken FROM taken`,
    [
      batch.map((event) => event.id),
      batch.map((event) => event.type),
      batch.map((event) => event.orderId),
      batch.map((event) => event.eventId),
      batch.map((event) => event.tierId),
      batch.map((event) => event.quantity),
      // Through Date, which turns 31 February into 3 March where Postgres would refuse the batch.
      batch.map((event) => new Date(event.at)),
    ],
  )
  return rows[0]?.taken ?? 0
}
