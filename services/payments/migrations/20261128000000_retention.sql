-- Up Migration

-- Declined charges alone are removed: those that moved money are the books.
CREATE INDEX charges_declined ON charges (created_at) WHERE state = 'declined';

-- How far rows were removed because their time was over: any of a subject whose own time lies before may be gone.
CREATE TABLE retention (
  subject text PRIMARY KEY,
  removed_before timestamptz NOT NULL
);

-- Down Migration

DROP TABLE retention;
DROP INDEX charges_declined;
