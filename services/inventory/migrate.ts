import { migrate } from '@headroom/kit/migrate'
import { demoTiers } from './lib/demo-tiers.ts'
import { seedProperties } from './lib/seed-config.ts'

await migrate({
  directory: new URL('./migrations', import.meta.url),
  properties: seedProperties,
  seed: async (client, config) => {
    if (!config.SEED) return
    // A tier that exists keeps its stock and its counts: the second run changes nothing.
    await client.query(
      'INSERT INTO tiers (id, event_id, stock) SELECT id, event_id, $3 FROM unnest($1::text[], $2::text[]) AS demo (id, event_id) ON CONFLICT (id) DO NOTHING',
      [demoTiers.map(({ id }) => id), demoTiers.map(({ eventId }) => eventId), config.SEED_STOCK],
    )
  },
})
