import type pg from 'pg'
import type { Acknowledgement } from './acknowledgement-log.ts'
import { type Databases, freeze, readRows } from './databases.ts'
import type { CatalogTierRow, ChargeRow, Evidence, HoldRow, InboxRow, OrderRow, OutboxRow, SagaRow, TierRow } from './evidence.ts'

const ORDERS = `SELECT id, idempotency_key AS key, key_expires_at < now() AS "keyExpired", event_id AS "eventId", tier_id AS "tierId", quantity,
  amount_cents::float8 AS "amountCents", currency, state, step, log_kept AS "logKept",
  extract(epoch FROM created_at)::float8 AS "createdAtS", reply_status AS "replyStatus", reply_body AS "replyBody" FROM orders`
const SAGA = 'SELECT order_id AS "orderId", seq, from_state AS "from", to_state AS "to" FROM saga_log ORDER BY order_id, seq'
const OUTBOX =
  'SELECT id, order_id AS "orderId", type, published_at IS NOT NULL AS published, extract(epoch FROM created_at)::float8 AS "createdAtS" FROM outbox'
const INBOX =
  'SELECT id, order_id AS "orderId", type, event_id AS "eventId", tier_id AS "tierId", quantity, extract(epoch FROM received_at)::float8 AS "receivedAtS" FROM inbox'
const CATALOG_TIERS = 'SELECT id, sold::float8 AS sold, sold_pruned::float8 AS "soldPruned" FROM tiers'
const TIERS = 'SELECT id, stock, held, sold, sold_pruned AS "soldPruned" FROM tiers'
const HOLDS = 'SELECT id, tier_id AS "tierId", quantity, state FROM holds'
const REMOVED = 'SELECT subject, extract(epoch FROM removed_before)::float8 AS "beforeS" FROM retention'
const CHARGES = 'SELECT id, amount_cents::float8 AS "amountCents", currency, state FROM charges'

/** Reads everything there is to check. Nobody may be ordering meanwhile: each database is read at one moment, the four are not. */
export async function readEvidence(databases: Databases, acknowledgements: readonly Acknowledgement[]): Promise<Evidence> {
  const { catalog, inventory, orders, payments } = databases
  await freeze(databases)
  return {
    acknowledgements,
    orders: await readOrders(orders),
    saga: await Array.fromAsync(readRows<SagaRow>(orders, SAGA)),
    outbox: await byId<OutboxRow>(orders, OUTBOX),
    inbox: await byId<InboxRow>(catalog, INBOX),
    catalogTiers: await Array.fromAsync(readRows<CatalogTierRow>(catalog, CATALOG_TIERS)),
    tiers: await byId<TierRow>(inventory, TIERS),
    holds: await byId<HoldRow>(inventory, HOLDS),
    charges: await byId<ChargeRow>(payments, CHARGES),
    removedBefore: { ...(await removedBefore(inventory)), ...(await removedBefore(orders)), ...(await removedBefore(catalog)) },
  }
}

async function byId<Row extends { readonly id: string }>(client: pg.Client, query: string): Promise<Map<string, Row>> {
  const rows = new Map<string, Row>()
  for await (const row of readRows<Row>(client, query)) rows.set(row.id, row)
  return rows
}

/** A subject's name is one database's alone. */
async function removedBefore(client: pg.Client): Promise<Record<string, number>> {
  const rows = await Array.fromAsync(readRows<{ subject: string; beforeS: number }>(client, REMOVED))
  return Object.fromEntries(rows.map(({ subject, beforeS }) => [subject, beforeS]))
}

async function readOrders(client: pg.Client): Promise<Map<string, OrderRow>> {
  const orders = new Map<string, OrderRow>()
  for await (const { replyBody, ...order } of readRows<Omit<OrderRow, 'replyId'> & { replyBody: string | null }>(client, ORDERS)) {
    orders.set(order.id, { ...order, replyId: idIn(replyBody) })
  }
  return orders
}

function idIn(replyBody: string | null): string | null {
  if (replyBody === null) return null
  try {
    const { id } = JSON.parse(replyBody)
    return typeof id === 'string' ? id : null
  } catch {
    return null
  }
}
