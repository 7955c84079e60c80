import type { Subject } from '@headroom/kit/retention'

/** Locks like the inbox does: its rows, then tiers by id. What was sold stays counted, in the statement that forgets why. */
const remove = `
WITH picked AS MATERIALIZED (
  SELECT id FROM inbox WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM inbox WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING tier_id, quantity
), sums AS MATERIALIZED (
  SELECT tier_id, sum(quantity) AS quantity FROM removed GROUP BY tier_id
), locked AS MATERIALIZED (
  SELECT id FROM tiers WHERE id IN (SELECT tier_id FROM sums) ORDER BY id FOR UPDATE
), counted AS (
  UPDATE tiers SET sold_pruned = sold_pruned + sums.quantity FROM sums, locked WHERE tiers.id = sums.tier_id AND locked.id = sums.tier_id
)
SELECT count(*) AS picked, count(*) AS removed FROM removed`

/** Events that were taken long ago. One that is delivered again later would count twice: keep them far longer than orders may be unable to mark it. */
export function takenEvents(hours: number): Subject {
  return { name: 'inbox', keptS: hours * 3600, oldest: `SELECT min(received_at) FROM inbox`, remove }
}
