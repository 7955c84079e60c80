-- Up Migration

-- One row per charge, of which id is the order's and the idempotency key. Amount and currency are the whole request, so they are its fingerprint too.
CREATE TABLE charges (
  id uuid PRIMARY KEY,
  amount_cents integer NOT NULL,
  currency text NOT NULL,
  state text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  refunded_at timestamptz,
  CONSTRAINT charges_amount_positive CHECK (amount_cents > 0),
  CONSTRAINT charges_currency CHECK (currency ~ '^[A-Z]{3}$'),
  CONSTRAINT charges_state CHECK (state IN ('captured', 'declined', 'refunded')),
  CONSTRAINT charges_refunded_once CHECK ((state = 'refunded') = (refunded_at IS NOT NULL))
);

-- Down Migration

DROP TABLE charges;
