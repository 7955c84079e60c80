import { defineConfig } from '@headroom/kit/config'
import { databaseProperties } from '@headroom/kit/database'
import { keptHours, retentionProperties } from '@headroom/kit/retention'
import { Type } from '@headroom/kit/schema'

export const config = defineConfig({
  ...databaseProperties,
  ...retentionProperties,
  INBOX_RETENTION_HOURS: keptHours(
    720,
    'How long an event that was taken is remembered, so that it counts once; must exceed the time that orders may go on delivering it.',
  ),
  CACHE_TTL_MS: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 60_000,
    description: 'Age at which the cached catalog is read from the database again.',
  }),
})
