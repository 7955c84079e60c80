import type { Subject } from '@headroom/kit/retention'

const over = "FROM holds WHERE state <> 'held'"

/**
 * Locks like the statements that move tickets: holds first, then tiers by id. Holds are locked out of their order, and never waited for.
 * What was sold stays counted: the tickets move to sold_pruned in the statement that removes their holds.
 */
const remove = `
WITH picked AS MATERIALIZED (
  SELECT id ${over} AND updated_at < $1 ORDER BY updated_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM holds WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING tier_id, quantity, state
), sums AS MATERIALIZED (
  SELECT tier_id, sum(quantity)::integer AS quantity FROM removed WHERE state = 'confirmed' GROUP BY tier_id
), tier AS MATERIALIZED (
  SELECT id FROM tiers WHERE id IN (SELECT tier_id FROM sums) ORDER BY id FOR NO KEY UPDATE
), counted AS (
  UPDATE tiers t SET sold_pruned = t.sold_pruned + s.quantity FROM tier JOIN sums s ON s.tier_id = tier.id WHERE t.id = tier.id
)
SELECT count(*) AS picked, count(*) AS removed FROM removed`

/** Holds that are over: confirmed, released (also those of orders given up in advance) and expired. */
export function heldOver(hours: number): Subject {
  return { name: 'holds', keptS: hours * 3600, oldest: `SELECT min(updated_at) ${over}`, remove }
}
