-- Up Migration

-- Of the tickets sold, those whose confirmed holds were removed: sold = sold_pruned + the quantities of the confirmed holds that are left.
ALTER TABLE tiers ADD COLUMN sold_pruned integer NOT NULL DEFAULT 0 CONSTRAINT tiers_sold_pruned_not_negative CHECK (sold_pruned >= 0);

-- What the removal looks for, and nothing else.
CREATE INDEX holds_over ON holds (updated_at) WHERE state <> 'held';

-- How far rows were removed because their time was over: any of a subject whose own time lies before may be gone.
CREATE TABLE retention (
  subject text PRIMARY KEY,
  removed_before timestamptz NOT NULL
);

-- Down Migration

DROP TABLE retention;
DROP INDEX holds_over;
ALTER TABLE tiers DROP COLUMN sold_pruned;
