-- Up Migration

-- One row per order; the checkout saga's state and the reply that its idempotency key gives.
-- Finished are 'confirmed' and 'cancelled'; any other state has a lease_until.
CREATE TABLE orders (
  id uuid PRIMARY KEY,
  -- NULL once the key may make another order: it was given back by a 503, or it expired and was used again.
  idempotency_key text UNIQUE,
  key_expires_at timestamptz NOT NULL,
  -- SHA-256 of the validated body: the same key with another hash is refused.
  request_hash text NOT NULL,
  event_id text NOT NULL,
  tier_id text NOT NULL,
  quantity integer NOT NULL CHECK (quantity BETWEEN 1 AND 4),
  buyer text,
  amount_cents bigint NOT NULL CHECK (amount_cents > 0),
  currency text NOT NULL,
  state text NOT NULL CHECK (state IN ('pending', 'held', 'charged', 'confirmed', 'refunding', 'cancelling', 'cancelled')),
  -- Why it is or will be cancelled: sold_out, tier_not_found, payment_declined, hold_expired, order_timed_out, unavailable.
  reason text,
  -- True once a reply named it while it was unfinished: its key then stays with it.
  told boolean NOT NULL DEFAULT false,
  -- Number of transitions made; the newest row of saga_log carries it as seq.
  step integer NOT NULL DEFAULT 1,
  -- Number of times a recovery took the order over; a worker whose claim is no longer this one can write nothing.
  claim integer NOT NULL DEFAULT 0,
  -- Until when nobody else works on it, by this database's clock; NULL when finished.
  lease_until timestamptz,
  -- The reply of the idempotency key, byte for byte, once decided.
  reply_status smallint,
  reply_body text,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((state IN ('confirmed', 'cancelled')) = (lease_until IS NULL))
) WITH (fillfactor = 75);

CREATE INDEX orders_unfinished ON orders (lease_until) WHERE lease_until IS NOT NULL;

-- Every transition of every order, written by the statement that makes it. The first has no from_state.
CREATE TABLE saga_log (
  order_id uuid NOT NULL,
  seq integer NOT NULL,
  from_state text,
  to_state text NOT NULL,
  at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (order_id, seq)
);

-- Events to deliver at least once, written by the statement that confirms the order.
CREATE TABLE outbox (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  order_id uuid NOT NULL,
  type text NOT NULL,
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  attempts integer NOT NULL DEFAULT 0,
  -- Until when no other publisher takes it, by this database's clock.
  claimed_until timestamptz NOT NULL DEFAULT now(),
  published_at timestamptz
);

CREATE INDEX outbox_unpublished ON outbox (claimed_until) WHERE published_at IS NULL;

-- Down Migration

DROP TABLE outbox;
DROP TABLE saga_log;
DROP TABLE orders;
