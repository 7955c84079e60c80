import { setTimeout as sleep } from 'node:timers/promises'
import type { Databases } from './databases.ts'

const POLL_EVERY_MS = 500
/** One quiet look may fall between a request's steps; two in a row do not. */
const QUIET_LOOKS = 2

/** What is still moving. */
export interface Unsettled {
  readonly orders: number
  readonly events: number
  readonly holds: number
}

/**
 * Waits until no order is unfinished, no event undelivered and nothing held, or the patience ends.
 * @returns what was still moving at the last look
 */
export async function settle(databases: Databases, patienceMs: number, onLook: (unsettled: Unsettled) => void): Promise<Unsettled> {
  const giveUpAtMs = performance.now() + patienceMs
  for (let quiet = 0; ; ) {
    const unsettled = await look(databases)
    quiet = unsettled.orders + unsettled.events + unsettled.holds === 0 ? quiet + 1 : 0
    if (quiet === QUIET_LOOKS || performance.now() >= giveUpAtMs) return unsettled
    onLook(unsettled)
    await sleep(POLL_EVERY_MS)
  }
}

async function look({ orders, inventory }: Databases): Promise<Unsettled> {
  const moving = await orders.query<{ orders: number; events: number }>(`SELECT
    (SELECT count(*)::integer FROM orders WHERE lease_until IS NOT NULL) AS orders,
    (SELECT count(*)::integer FROM outbox WHERE published_at IS NULL) AS events`)
  const held = await inventory.query<{ holds: number }>(`SELECT count(*)::integer AS holds FROM holds WHERE state = 'held'`)
  return { orders: moving.rows[0]?.orders ?? 0, events: moving.rows[0]?.events ?? 0, holds: held.rows[0]?.holds ?? 0 }
}
