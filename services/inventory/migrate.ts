import { migrate } from '@headroom/kit/migrate'
import { Type } from 'typebox'
import { demoTiers } from './lib/demo-tiers.ts'

await migrate({
  directory: new URL('./migrations', import.meta.url),
  properties: {
    SEED: Type.Boolean({ default: false, description: 'Plant the tiers of the demo events.' }),
    SEED_STOCK: Type.Integer({
      default: 1_000_000,
      minimum: 1,
      maximum: 2_000_000_000,
      description: 'Tickets of each tier that is planted.',
    }),
  },
  seed: async (client, config) => {
    if (!config.SEED) return
    // A tier that exists keeps its stock and its counts: the second run changes nothing.
    await client.query(
      'INSERT INTO tiers (id, event_id, stock) SELECT id, event_id, $3 FROM unnest($1::text[], $2::text[]) AS demo (id, event_id) ON CONFLICT (id) DO NOTHING',
      [demoTiers.map(({ id }) => id), demoTiers.map(({ eventId }) => eventId), config.SEED_STOCK],
    )
  },
})
