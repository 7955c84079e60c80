import { Type } from '@headroom/kit/schema'

/** What migrate.ts reads beside the database's keys. */
export const seedProperties = {
  SEED: Type.Boolean({ default: false, description: 'Plant the tiers of the demo events.' }),
  SEED_STOCK: Type.Integer({
    default: 1_000_000,
    minimum: 1,
    maximum: 2_000_000_000,
    description: 'Tickets of each tier that is planted.',
  }),
}
