/** SQL of the orders themselves. Every step of an order is one statement: its row, its log and its event are written together or not at all. */

const columns = `id, request_hash, event_id, tier_id, quantity, amount_cents, currency, state, reason, claim, reply_status, reply_body,
  created_at, extract(epoch FROM now() - created_at)::float8 AS age_s, idempotency_key IS NULL AS key_given_back, key_expires_at < now() AS key_expired`

/** A new order and the first row of its log; no row when its key is taken. */
export const create = `
  WITH made AS (
    INSERT INTO orders (id, idempotency_key, key_expires_at, request_hash, event_id, tier_id, quantity, buyer, amount_cents, currency, state, lease_until)
    VALUES ($1, $2, now() + make_interval(secs => $3), $4, $5, $6, $7, $8, $9, $10, 'pending', now() + make_interval(secs => $11))
    ON CONFLICT (idempotency_key) DO NOTHING
    RETURNING id, created_at
  ), logged AS (
    INSERT INTO saga_log (order_id, seq, from_state, to_state) SELECT id, 1, NULL, 'pending' FROM made
  )
  SELECT created_at FROM made`

export const byId = `SELECT ${columns} FROM orders WHERE id = $1`

export const byKey = `SELECT ${columns} FROM orders WHERE idempotency_key = $1`

/**
 * Moves an order along a path of states ($3, the present one first). Requires that it is where the path starts and that nobody took it over
 * since ($2): a worker that was slow changes nothing. A key is not given back ($8) once a client was told of its order.
 * At the end of the way the order's event is written too.
 */
export const advance = `
  WITH moved AS (
    UPDATE orders SET
      state = ($3::text[])[$4 + 1],
      step = step + $4,
      updated_at = now(),
      reason = coalesce($5, reason),
      reply_status = coalesce($6, reply_status),
      reply_body = coalesce($7, reply_body),
      idempotency_key = CASE WHEN $8 THEN NULL ELSE idempotency_key END,
      lease_until = CASE WHEN $9 THEN NULL ELSE lease_until END
    WHERE id = $1 AND claim = $2 AND state = ($3::text[])[1] AND NOT ($8 AND told)
    RETURNING id, step, state, event_id, tier_id, quantity
  ), logged AS (
    INSERT INTO saga_log (order_id, seq, from_state, to_state)
    SELECT id, step - $4 + hop, ($3::text[])[hop], ($3::text[])[hop + 1] FROM moved, generate_series(1, $4) AS hop
  ), told AS (
    INSERT INTO outbox (order_id, type, payload)
    SELECT id, 'order.confirmed', jsonb_build_object('type', 'order.confirmed', 'orderId', id, 'eventId', event_id, 'tierId', tier_id,
      'quantity', quantity, 'at', to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
    FROM moved WHERE state = 'confirmed'
  )
  SELECT id FROM moved`

/** Marks an unfinished order as named to a client; no row when it was given up before. */
export const tell = `UPDATE orders SET told = true WHERE id = $1 AND idempotency_key IS NOT NULL`

/** Lets go of an unfinished order, for a recovery to take it over after a while. */
export const handOver = `UPDATE orders SET lease_until = now() + make_interval(secs => $3) WHERE id = $1 AND claim = $2 AND lease_until IS NOT NULL`

/**
 * Takes over orders whose worker let go of them or is gone. Rows another recovery is taking are passed over.
 * They are picked once, before the update, here and for events: `id IN (SELECT ... LIMIT)` may be planned as a join that picks anew for every row
 * and passes over those it has locked already, so that in the end it takes them all.
 */
export const takeOver = `
  WITH picked AS MATERIALIZED (
    SELECT id FROM orders WHERE lease_until < now() ORDER BY lease_until LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  UPDATE orders SET claim = claim + 1, lease_until = now() + make_interval(secs => $2) WHERE id = ANY (ARRAY(SELECT id FROM picked))
  RETURNING ${columns}`

/** Takes an expired key from its finished order, so that it can make another. */
export const forgetKey = `
  UPDATE orders SET idempotency_key = NULL WHERE idempotency_key = $1 AND key_expires_at < now() AND lease_until IS NULL`

/** Takes events to deliver; another publisher may, once $2 seconds have passed without a word from this one. */
export const claimEvents = `
  WITH picked AS MATERIALIZED (
    SELECT id FROM outbox WHERE published_at IS NULL AND claimed_until <= now() ORDER BY claimed_until LIMIT $1 FOR UPDATE SKIP LOCKED
  )
  UPDATE outbox SET attempts = attempts + 1, claimed_until = now() + make_interval(secs => $2) WHERE id = ANY (ARRAY(SELECT id FROM picked))
  RETURNING id, payload, attempts`

export const eventsDelivered = `UPDATE outbox SET published_at = now() WHERE id = ANY($1::uuid[]) AND published_at IS NULL`

export const eventsLater = `UPDATE outbox SET claimed_until = now() + make_interval(secs => $2) WHERE id = ANY($1::uuid[]) AND published_at IS NULL`

/**
 * Ages in seconds of the oldest unfinished order and of the oldest undelivered event, NULL where there is none. The limits bound what it costs amid a huge
 * backlog, and their order makes it read the partial indexes whatever the planner knows of the tables yet.
 */
export const backlog = `
  SELECT
    (SELECT extract(epoch FROM now() - min(created_at))::float8 FROM
      (SELECT created_at FROM orders WHERE lease_until IS NOT NULL ORDER BY lease_until LIMIT 10000) AS unfinished) AS order_s,
    (SELECT extract(epoch FROM now() - min(created_at))::float8 FROM
      (SELECT created_at FROM outbox WHERE published_at IS NULL ORDER BY claimed_until LIMIT 10000) AS undelivered) AS event_s`
