import { migrate } from '@headroom/kit/migrate'
import { Type } from 'typebox'
import { plantDemoEvents } from './lib/seed.ts'

await migrate({
  directory: new URL('./migrations/', import.meta.url),
  properties: {
    SEED: Type.Boolean({ default: false, description: 'Plant the demo events.' }),
  },
  seed: async (client, { SEED }) => {
    if (SEED) await plantDemoEvents(client)
  },
})
