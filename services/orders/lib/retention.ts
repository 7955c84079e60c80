import type { Subject } from '@headroom/kit/retention'

/** Longer than anybody waits for a reply, so that none vanishes under a request that has seen its key. */
const keyGraceS = 60

const expiredKeys = (cutoff: string) => `FROM orders
  WHERE lease_until IS NULL AND (idempotency_key IS NOT NULL OR reply_status IS NOT NULL) AND key_expires_at < ${cutoff} AND updated_at < ${cutoff}`

const finishedLogs = (cutoff: string) => `FROM orders WHERE lease_until IS NULL AND log_kept AND updated_at < ${cutoff}`

const deliveredEvents = (cutoff: string) => `FROM outbox WHERE published_at IS NOT NULL AND published_at < ${cutoff}`

const forgetKeys = `
WITH picked AS MATERIALIZED (
  SELECT id ${expiredKeys('$1')} ORDER BY key_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
), forgotten AS (
  UPDATE orders SET idempotency_key = NULL, reply_status = NULL, reply_body = NULL WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT count(*) AS picked, count(*) AS removed FROM forgotten`

/** The limit counts orders: the log of each goes as a whole. */
const removeLogs = `
WITH picked AS MATERIALIZED (
  SELECT id ${finishedLogs('$1')} ORDER BY updated_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
  UPDATE orders SET log_kept = false WHERE id = ANY (ARRAY(SELECT id FROM picked))
), removed AS (
  DELETE FROM saga_log WHERE order_id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT (SELECT count(*) FROM picked) AS picked, (SELECT count(*) FROM removed) AS removed`

const removeEvents = `
WITH picked AS MATERIALIZED (
  SELECT id ${deliveredEvents('$1')} ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM outbox WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT count(*) AS picked, count(*) AS removed FROM removed`

/**
 * What orders need no more: the key and the reply of those whose key has expired, the log of those finished long ago, delivered events.
 * The orders themselves are the books and stay.
 */
export function pastOrders({ logHours, eventHours }: { logHours: number; eventHours: number }): Subject[] {
  return [
    { name: 'idempotency_keys', keptS: keyGraceS, due: expiredKeys, remove: forgetKeys },
    { name: 'saga_log', keptS: logHours * 3600, due: finishedLogs, remove: removeLogs },
    { name: 'outbox', keptS: eventHours * 3600, due: deliveredEvents, remove: removeEvents },
  ]
}
