import { defineConfig } from '../config.ts'
import { type Database, databaseProperties, openDatabase } from '../database.ts'
import { createService, defineService } from '../service.ts'

const migrations = new URL('./migrations/', import.meta.url)

/** A service that only opens its database. */
export async function openSample(t: { teardown(close: () => Promise<void>): unknown }, env: Record<string, string>) {
  let database = undefined as Database | undefined
  const definition = defineService({
    name: 'sample',
    config: defineConfig(databaseProperties),
    app: async (server, config) => {
      database = openDatabase(server, config, migrations)
    },
  })
  const service = await createService(definition, { LOG_LEVEL: 'silent', ...env })
  t.teardown(() => service.close())
  await service.server.ready()
  return { service, database: database as Database }
}
