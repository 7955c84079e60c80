-- Up Migration

CREATE TABLE events (
  id text PRIMARY KEY,
  name text NOT NULL,
  starts_at timestamptz NOT NULL
);

CREATE TABLE tiers (
  -- Unique over all events, so that a tier id alone names what is bought.
  id text PRIMARY KEY,
  event_id text NOT NULL REFERENCES events (id),
  position integer NOT NULL,
  name text NOT NULL,
  price_cents integer NOT NULL CHECK (price_cents > 0),
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- Tickets of confirmed orders, as told by the inbox.
  sold bigint NOT NULL DEFAULT 0 CHECK (sold >= 0),
  UNIQUE (event_id, position)
);

-- Every order event ever taken: its id is what makes a repeated delivery harmless.
CREATE TABLE inbox (
  id uuid PRIMARY KEY,
  type text NOT NULL,
  order_id uuid NOT NULL,
  event_id text NOT NULL,
  tier_id text NOT NULL,
  quantity integer NOT NULL CHECK (quantity > 0),
  at timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now()
);

-- Down Migration

DROP TABLE inbox;
DROP TABLE tiers;
DROP TABLE events;
