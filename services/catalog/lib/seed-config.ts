import { Type } from '@headroom/kit/schema'

/** What migrate.ts reads beside the database's keys. */
export const seedProperties = {
  SEED: Type.Boolean({ default: false, description: 'Plant the demo events.' }),
}
