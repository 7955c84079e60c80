import type { Subject } from '@headroom/kit/retention'

const due = (cutoff: string) => `FROM charges WHERE state = 'declined' AND created_at < ${cutoff}`

const remove = `
WITH picked AS MATERIALIZED (
  SELECT id ${due('$1')} ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED
), removed AS (
  DELETE FROM charges WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
)
SELECT count(*) AS picked, count(*) AS removed FROM removed`

/** Charges that moved no money. Captured and refunded ones are the books and stay. */
export function declinedCharges(hours: number): Subject {
  return { name: 'declined_charges', keptS: hours * 3600, due, remove }
}
