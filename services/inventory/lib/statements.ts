/**
 * The statements that move tickets. Each is one round trip and one transaction, so no lock is held while anything is waited for.
 *
 * All of them take locks in one order, so that replicas do not deadlock: rows of holds by id, then rows of tiers by id, then ids that do not exist yet.
 * Holds are looked up with `id = ANY (array)` and nothing else, on purpose: a prepared plan may be made while the table is empty, and then a join
 * reads the whole table and a condition on expires_at walks all open holds, until statistics are gathered minutes into a surge.
 */

/**
 * Reserves many orders at once, in the order given within each tier. Refused is what does not fit; a later, smaller one may still fit.
 * The lock on a tier is taken only while it has tickets: a sold-out tier is answered without writing.
 * The counts move by an upsert of a row that is always there, because that starts from the newest version of the row. An UPDATE starts from the
 * version its snapshot saw and checks the constraint with it: where tickets came back during the wait, it fails though all is well.
 * Rows: `granted`; `known` (the order has a hold already); `tier` (it exists, and is `moved` when another transaction changed it while this one
 * waited for the lock: then `known` may be out of date); `raced` (such a transaction inserted one of these orders, so that what was refused
 * may fit after all).
 * $1 order ids, $2 event ids, $3 tier ids, $4 quantities, $5 seconds until expiry.
 */
export const reserve = `
WITH input AS MATERIALIZED (
  SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[]) WITH ORDINALITY AS i (id, event_id, tier_id, quantity, n)
), known AS MATERIALIZED (
  SELECT id, event_id, tier_id, quantity, state, expires_at, expires_at > now() AS live FROM holds WHERE id = ANY ($1)
), tier AS MATERIALIZED (
  SELECT id, event_id, stock, stock - held - sold AS free, ctid AS version FROM tiers WHERE id = ANY ($3) AND held + sold < stock ORDER BY id FOR NO KEY UPDATE
), running AS (
  SELECT i.id, i.event_id, i.tier_id, i.quantity, i.n,
    take_in_order(i.quantity, t.free) OVER (PARTITION BY i.tier_id ORDER BY i.n ROWS UNBOUNDED PRECEDING) AS taken
  FROM input i JOIN tier t ON t.id = i.tier_id AND t.event_id = i.event_id
  WHERE NOT EXISTS (SELECT FROM known k WHERE k.id = i.id)
), granted AS MATERIALIZED (
  SELECT id, event_id, tier_id, quantity
  FROM (SELECT *, lag(taken, 1, 0) OVER (PARTITION BY tier_id ORDER BY n) AS taken_before FROM running) r WHERE taken > taken_before
), inserted AS (
  INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at)
  SELECT id, event_id, tier_id, quantity, 'held', now() + make_interval(secs => $5) FROM granted ORDER BY id
  ON CONFLICT (id) DO NOTHING
  RETURNING id, tier_id, quantity, expires_at
), counted AS (
  INSERT INTO tiers AS t (id, event_id, stock, held)
  SELECT l.id, l.event_id, l.stock, s.quantity
  FROM tier l JOIN (SELECT tier_id, sum(quantity)::integer AS quantity FROM inserted GROUP BY tier_id) s ON s.tier_id = l.id
  ON CONFLICT (id) DO UPDATE SET held = t.held + excluded.held
)
SELECT 'granted' AS kind, id::text, NULL AS event_id, NULL AS tier_id, NULL AS quantity, NULL AS state,
  (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms, true AS live FROM inserted
UNION ALL SELECT 'known', id::text, event_id, tier_id, quantity, state, (extract(epoch FROM expires_at) * 1000)::float8, live FROM known
UNION ALL SELECT 'tier', t.id, t.event_id, NULL, NULL,
  CASE WHEN t.ctid = l.version OR (l.id IS NULL AND t.held + t.sold >= t.stock) THEN 'steady' ELSE 'moved' END, NULL, NULL
  FROM tiers t LEFT JOIN tier l ON l.id = t.id WHERE t.id = ANY ($3)
UNION ALL SELECT 'raced', NULL, NULL, NULL, NULL, NULL, NULL, NULL WHERE (SELECT count(*) FROM granted) > (SELECT count(*) FROM inserted)`

/** The holds that some orders have. $1 order ids. */
export const known = `
SELECT 'known' AS kind, id, event_id, tier_id, quantity, state, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms,
  expires_at > now() AS live FROM holds WHERE id = ANY ($1::uuid[])`

/**
 * Ends holds: picks rows and locks them, moves those that still may, and takes exactly those off the counts of their tiers.
 * @param pick selects id, state, moves (true when the hold is to be moved) and whatever else the caller reads, under lock
 * @param sold whether the tickets are sold by it or free again
 */
const settle = (pick: string, state: 'confirmed' | 'released' | 'expired', sold: boolean) => `
WITH picked AS MATERIALIZED (
  ${pick}
), changed AS (
  UPDATE holds SET state = '${state}', updated_at = now() WHERE id = ANY (ARRAY(SELECT id FROM picked WHERE moves))
  RETURNING tier_id, quantity
), sums AS MATERIALIZED (
  SELECT tier_id, sum(quantity)::integer AS quantity FROM changed GROUP BY tier_id
), tier AS MATERIALIZED (
  SELECT id FROM tiers WHERE id IN (SELECT tier_id FROM sums) ORDER BY id FOR NO KEY UPDATE
), counted AS (
  UPDATE tiers t SET held = t.held - s.quantity${sold ? ', sold = t.sold + s.quantity' : ''} FROM tier JOIN sums s ON s.tier_id = tier.id WHERE t.id = tier.id
)`

const columns = 'id, event_id, tier_id, quantity, state, (extract(epoch FROM expires_at) * 1000)::float8 AS expires_at_ms'

/** Sells what many holds hold. Rows: every hold that exists, in the state it had before, and whether this moved it. $1 ids. */
export const confirm = `${settle(
  `SELECT ${columns}, state = 'held' AND expires_at > now() AS moves FROM holds WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE`,
  'confirmed',
  true,
)}
SELECT id, event_id, tier_id, quantity, state, expires_at_ms, moves FROM picked`

/** Gives back what many holds hold. Rows: every hold that exists, with the state it had before. $1 ids. */
export const release = `${settle(
  "SELECT id, state, state = 'held' AS moves FROM holds WHERE id = ANY ($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
  'released',
  false,
)}
SELECT id, state FROM picked`

/** Remembers orders that were given up before their reservation arrived. Rows: the ids that had no hold. $1 ids. */
export const entomb = `
INSERT INTO holds (id, quantity, state) SELECT id, 0, 'released' FROM unnest($1::uuid[]) AS i (id) ORDER BY id ON CONFLICT (id) DO NOTHING RETURNING id`

/** Expires holds whose time is over by the clock of the database, past those another replica is at. Row: how many. $1 most of them. */
export const expire = `${settle(
  `SELECT id, true AS moves FROM holds WHERE state = 'held' AND expires_at <= now() ORDER BY expires_at LIMIT $1 FOR NO KEY UPDATE SKIP LOCKED`,
  'expired',
  false,
)}
SELECT count(*) AS expired FROM changed`

/** Remaining tickets of one event. $1 event id. */
export const availability = 'SELECT id, stock - held - sold AS remaining FROM tiers WHERE event_id = $1 ORDER BY id'

/** Tickets in open holds, of all tiers: a row each, and there are as many as an on-sale has prices. */
export const ticketsHeld = 'SELECT coalesce(sum(held), 0) AS held FROM tiers'
