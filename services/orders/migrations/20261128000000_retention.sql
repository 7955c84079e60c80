-- Up Migration

-- False once its rows in saga_log were removed, all of them in one statement.
ALTER TABLE orders ADD COLUMN log_kept boolean NOT NULL DEFAULT true;

-- What the removal looks for, and nothing else. Orders enter when they are finished.
CREATE INDEX orders_logged ON orders (updated_at) WHERE lease_until IS NULL AND log_kept;
CREATE INDEX orders_keyed ON orders (key_expires_at) WHERE lease_until IS NULL AND (idempotency_key IS NOT NULL OR reply_status IS NOT NULL);
CREATE INDEX outbox_published ON outbox (published_at) WHERE published_at IS NOT NULL;

-- How far rows were removed because their time was over: any of a subject whose own time lies before may be gone.
CREATE TABLE retention (
  subject text PRIMARY KEY,
  removed_before timestamptz NOT NULL
);

-- Down Migration

DROP TABLE retention;
DROP INDEX outbox_published;
DROP INDEX orders_keyed;
DROP INDEX orders_logged;
ALTER TABLE orders DROP COLUMN log_kept;
