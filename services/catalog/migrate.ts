import { migrate } from '@headroom/kit/migrate'
import { plantDemoEvents } from './lib/seed.ts'
import { seedProperties } from './lib/seed-config.ts'

await migrate({
  directory: new URL('./migrations/', import.meta.url),
  properties: seedProperties,
  seed: async (client, { SEED }) => {
    if (SEED) await plantDemoEvents(client)
  },
})
