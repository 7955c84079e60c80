import type { Subject } from '@headroom/kit/retention'

/** Longer than anybody waits for a reply, so that none vanishes under a request that has seen its key. */
const keyGraceS = 60

const keyed = 'FROM orders WHERE lease_until IS NULL AND (idempotency_key IS NOT NULL OR reply_status IS NOT NULL)'

const logged = 'FROM orders WHERE lease_until IS NULL AND log_kept'

const delivered = 'FROM outbox WHERE published_at IS NOT NULL'

const forgetKeys = `
WITH picked AS MATERIALIZED (
  SELECT id ${keyed} AND key_expires_at < $1 AND updated_at < $1 ORDER BY key_expires_at LIMIT $2 FOR UPDATE SKIP LOCKED
), forgotten AS (
  UPDATE orders SET idempotency_key = NULL, reply_status = NULL, reply_body = NULL WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT count(*) AS picked, count(*) AS removed FROM forgotten`

/** The limit counts orders: the log of each goes as a whole. */
const removeLogs = `
WITH picked AS MATERIALIZED (
  SELECT id ${logged} AND updated_at < $1 ORDER BY updated_at LIMIT $2 FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
  UPDATE orders SET log_kept = false WHERE id = ANY (ARRAY(SELECT id FROM picked))
), removed AS (
  DELETE FROM saga_log WHERE order_id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT (SELECT count(*) FROM picked) AS picked, (SELECT count(*) FROM removed) AS removed`

const removeEvents = `
WITH picked AS MATERIALIZED (
  SELECT id ${delivered} AND published_at < $1 ORDER BY published_at LIMIT $2 FOR UPDATE SKIP LOCKED
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
    { name: 'idempotency_keys', keptS: keyGraceS, oldest: `SELECT min(key_expires_at) ${keyed}`, remove: forgetKeys },
    { name: 'saga_log', keptS: logHours * 3600, oldest: `SELECT min(updated_at) ${logged}`, remove: removeLogs },
    { name: 'outbox', keptS: eventHours * 3600, oldest: `SELECT min(published_at) ${delivered}`, remove: removeEvents },
  ]
}
