import { defineConfig } from '@headroom/kit/config'
import { databaseProperties } from '@headroom/kit/database'
import { keptHours, retentionProperties } from '@headroom/kit/retention'
import { Type } from '@headroom/kit/schema'
import type { Static, TObject } from 'typebox'

const url = (description: string) => Type.String({ pattern: '^https?://[^/]+$', description })

const properties = {
  ...databaseProperties,
  ...retentionProperties,
  SAGA_LOG_RETENTION_HOURS: keptHours(168, 'How long the log of a finished order is kept; the order itself stays.'),
  OUTBOX_RETENTION_HOURS: keptHours(168, 'How long a delivered event is kept.'),
  CATALOG_URL: url('Where catalog listens: prices, and the inbox of confirmed orders.'),
  INVENTORY_URL: url('Where inventory listens: holds.'),
  PAYMENTS_URL: url('Where payments listens: charges and refunds.'),
  PEER_TIMEOUT_MS: Type.Integer({
    default: 2000,
    minimum: 10,
    maximum: 30_000,
    description: 'Longest one call to another service may take.',
  }),
  PRICE_TTL_MS: Type.Integer({
    default: 5000,
    minimum: 1,
    maximum: 600_000,
    description: 'Age at which a price is asked for again; meanwhile, and while catalog is gone, the old one counts.',
  }),
  IDEMPOTENCY_TTL_S: Type.Integer({
    default: 86_400,
    minimum: 1,
    maximum: 2_592_000,
    description: 'How long an Idempotency-Key gives the same reply; then key and reply are forgotten, and the key can make another order.',
  }),
  LEASE_S: Type.Integer({
    default: 10,
    minimum: 2,
    maximum: 300,
    description: 'How long an order belongs to the replica that works on it; then a recovery may take it over.',
  }),
  GIVE_UP_S: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 3600,
    description: 'Age at which an order that still holds nothing is cancelled instead of pursued.',
  }),
  RECOVERY_INTERVAL_MS: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 60_000,
    description: 'Mean time between two looks for orders left behind.',
  }),
  OUTBOX_INTERVAL_MS: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 60_000,
    description: 'Mean time between two looks for events that nobody delivered; an order confirmed here causes one sooner.',
  }),
  FAULTS_ENABLED: Type.Boolean({
    default: false,
    description: 'Offer failpoints at /failpoints on the ops port: places where this replica can be made to die. For rehearsals.',
  }),
}

export const config = defineConfig(properties)

/** What orders' own plugins read of the configuration. */
export type OrdersConfig = Readonly<Static<TObject<typeof properties>>>
