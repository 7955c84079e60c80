import { defineConfig } from '@headroom/kit/config'
import { databaseProperties } from '@headroom/kit/database'
import { keptHours, retentionProperties } from '@headroom/kit/retention'
import { Type } from '@headroom/kit/schema'

export const config = defineConfig({
  ...databaseProperties,
  ...retentionProperties,
  HOLD_RETENTION_HOURS: keptHours(
    720,
    'How long a hold that is confirmed, released or expired is kept; must exceed the longest time that an order may stay unfinished.',
  ),
  HOLD_TTL_S: Type.Integer({
    default: 60,
    minimum: 1,
    maximum: 3600,
    description: 'How long tickets stay held for an order that is not confirmed, by the clock of the database.',
  }),
  SWEEP_INTERVAL_MS: Type.Integer({
    default: 1000,
    minimum: 10,
    maximum: 60_000,
    description: 'Mean time between two looks for expired holds, jittered by half; every replica looks.',
  }),
  AVAILABILITY_CACHE_MS: Type.Integer({
    default: 200,
    minimum: 0,
    maximum: 10_000,
    description: 'How old the remaining tickets of an event may be when they are answered; 0 reads every time.',
  }),
})
