import type { Subject } from '@headroom/kit/retention'

const over = "FROM charges WHERE state = 'declined'"

const remove = `
WITH picked AS MATERIALIZED (
  SELECT id ${over} AND created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM charges WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT count(*) AS picked, count(*) AS removed FROM removed`

/** Charges that moved no money. Captured and refunded ones are the books and stay. */
export function declinedCharges(hours: number): Subject {
  return { name: 'declined_charges', keptS: hours * 3600, oldest: `SELECT min(created_at) ${over}`, remove }
}
