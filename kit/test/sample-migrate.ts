import { migrate } from '../migrate.ts'
import { Type } from '../schema.ts'

/** The process that migrate.test.ts runs. */
await migrate({
  directory: new URL('./migrations/', import.meta.url),
  properties: { SEED_NAME: Type.String({ default: 'first', minLength: 1, description: 'Name of the planted row.' }) },
  seed: async (client, { SEED_NAME }) => {
    await client.query('INSERT INTO things VALUES (1, $1) ON CONFLICT DO NOTHING', [SEED_NAME])
  },
})
