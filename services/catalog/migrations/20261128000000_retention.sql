-- Up Migration

-- Of the tickets sold, those whose events were removed from the inbox: sold = sold_pruned + the quantities in the inbox.
ALTER TABLE tiers ADD COLUMN sold_pruned bigint NOT NULL DEFAULT 0 CHECK (sold_pruned >= 0);

CREATE INDEX inbox_received ON inbox (received_at);

-- How far rows were removed because their time was over: any of a subject whose own time lies before may be gone.
CREATE TABLE retention (
  subject text PRIMARY KEY,
  removed_before timestamptz NOT NULL
);

-- Down Migration

DROP TABLE retention;
DROP INDEX inbox_received;
ALTER TABLE tiers DROP COLUMN sold_pruned;
