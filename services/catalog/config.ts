import { defineConfig } from '@headroom/kit/config'
import { databaseProperties } from '@headroom/kit/database'
import { Type } from '@headroom/kit/schema'

export const config = defineConfig({
  ...databaseProperties,
  CACHE_TTL_MS: Type.Integer({
    default: 1000,
    minimum: 1,
    maximum: 60_000,
    description: 'Age at which the cached catalog is read from the database again.',
  }),
})
