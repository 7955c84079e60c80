-- Up Migration

-- One row per tier holds the counts that decide whether a reservation fits. The checks are the last line: no statement can oversell.
CREATE TABLE tiers (
  id text PRIMARY KEY,
  event_id text NOT NULL,
  stock integer NOT NULL,
  held integer NOT NULL DEFAULT 0,
  sold integer NOT NULL DEFAULT 0,
  CONSTRAINT tiers_held_not_negative CHECK (held >= 0),
  CONSTRAINT tiers_sold_not_negative CHECK (sold >= 0),
  CONSTRAINT tiers_never_oversold CHECK (held + sold <= stock)
) WITH (fillfactor = 50); -- A hot row is rewritten many times a second: room on its page keeps the rewrites off the index.

CREATE INDEX tiers_event_id ON tiers (event_id);

-- One row per order, of which id is the order's. tiers.held is the sum of the quantities held here, tiers.sold that of the confirmed.
-- A released row without a tier is a tombstone: the order was given up before its reservation arrived, which must then hold nothing.
-- No foreign key to tiers: the statement that inserts has the tier's row locked, and a tier is never deleted.
CREATE TABLE holds (
  id uuid PRIMARY KEY,
  event_id text,
  tier_id text,
  quantity integer NOT NULL,
  state text NOT NULL,
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT holds_state CHECK (state IN ('held', 'confirmed', 'released', 'expired')),
  CONSTRAINT holds_quantity CHECK (quantity BETWEEN 1 AND 4 OR (tier_id IS NULL AND quantity = 0)),
  CONSTRAINT holds_tombstone CHECK (
    (tier_id IS NOT NULL AND event_id IS NOT NULL AND expires_at IS NOT NULL)
    OR (tier_id IS NULL AND event_id IS NULL AND expires_at IS NULL AND state = 'released')
  )
);

-- What the sweeper looks for, and nothing else.
CREATE INDEX holds_expiring ON holds (expires_at) WHERE state = 'held';

-- Greedy and in order: the running total of what was granted, where a quantity that does not fit is passed over and the next one is tried.
CREATE FUNCTION take_if_it_fits(taken integer, quantity integer, free integer) RETURNS integer
  LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
  AS $$ BEGIN RETURN CASE WHEN taken + quantity <= free THEN taken + quantity ELSE taken END; END $$;

CREATE AGGREGATE take_in_order(quantity integer, free integer) (SFUNC = take_if_it_fits, STYPE = integer, INITCOND = '0');

-- Down Migration

DROP AGGREGATE take_in_order(integer, integer);
DROP FUNCTION take_if_it_fits(integer, integer, integer);
DROP TABLE holds;
DROP TABLE tiers;
