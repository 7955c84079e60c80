import type { Server } from '@headroom/kit/service'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build, insist } from '@headroom/kit/testing'
import type pg from 'pg'
import type t from 'tap'
import { service } from '../app.ts'
import type { Reservation } from '../lib/schemas.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

/** The counts of a tier beside the sums of the rows they stand for. */
export interface Books {
  stock: number
  held: number
  sold: number
  heldRows: number
  soldRows: number
}

export type Replicas = Awaited<ReturnType<typeof startReplicas>>

/** Several instances of the service on one real database, each with its own batches and connections, as pods have them. */
export async function startReplicas(test: typeof t, count: number) {
  const { env, client } = await startDatabase(test, migrateFile)
  const settings = { ...env, SWEEP_INTERVAL_MS: '60000', DATABASE_POOL_MAX: '6' }
  const services = await Promise.all(Array.from({ length: count }, () => build(test, service, settings)))
  const servers = services.map(({ server }) => server)
  const at = (index: number) => servers[index % count] as Server
  return {
    client,
    servers,
    at,
    openHall: (...stocks: number[]) => openHall(client, stocks),
    books: (eventId: string) => books(client, eventId),
    reserve: (index: number, payload: Reservation) => insist(() => at(index).inject({ method: 'POST', url: '/holds', payload })),
    confirm: (index: number, id: string) => insist(() => at(index).inject({ method: 'POST', url: `/holds/${id}/confirm` })),
    release: (index: number, id: string) => insist(() => at(index).inject({ method: 'DELETE', url: `/holds/${id}` })),
  }
}

let halls = 0
/** An event nobody else uses, with tiers of the stocks given. */
async function openHall(client: pg.Client, stocks: number[]): Promise<{ eventId: string; tierIds: string[] }> {
  const eventId = `hall-${++halls}`
  const tierIds = stocks.map((_, index) => `${eventId}-${String(index).padStart(2, '0')}`)
  const text = 'INSERT INTO tiers (id, event_id, stock) SELECT id, $2, stock FROM unnest($1::text[], $3::int[]) AS t (id, stock)'
  await client.query(text, [tierIds, eventId, stocks])
  return { eventId, tierIds }
}

async function books(client: pg.Client, eventId: string): Promise<Books[]> {
  const { rows } = await client.query<Books>(
    `SELECT t.stock, t.held, t.sold, coalesce(sum(h.quantity) FILTER (WHERE h.state = 'held'), 0)::int AS "heldRows",
      coalesce(sum(h.quantity) FILTER (WHERE h.state = 'confirmed'), 0)::int AS "soldRows"
     FROM tiers t LEFT JOIN holds h ON h.tier_id = t.id WHERE t.event_id = $1 GROUP BY t.id ORDER BY t.id`,
    [eventId],
  )
  return rows
}
