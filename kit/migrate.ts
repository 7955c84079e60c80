import { fileURLToPath } from 'node:url'
import { runner } from 'node-pg-migrate'
import pg from 'pg'
import type { Static, TObject, TProperties } from 'typebox'
import { ConfigError, exitCodeConfig, loadConfig } from './config.ts'
import { databaseProperties } from './database.ts'
import { Type } from './schema.ts'

/** The keys of every migration: the database's, and how long to wait for it. */
export const migrateProperties = {
  ...databaseProperties,
  MIGRATE_TIMEOUT_MS: Type.Integer({
    default: 60_000,
    minimum: 1000,
    maximum: 600_000,
    description: 'How long to wait for the database to accept connections.',
  }),
}

export interface Migration<P extends TProperties> {
  /** Folder of SQL files, `<14 digits>_<name>.sql`, each with an Up part that the previous release's pods can live with (expand, then contract). */
  directory: URL
  /** Configuration that `seed` needs, beside the database's. */
  properties?: P
  /** Plants demo data after the migrations; must do nothing the second time. */
  seed?: (client: pg.Client, config: Readonly<Static<TObject<P>>>) => Promise<void>
}

/**
 * The whole of a service's migrate.ts: waits for the database, applies what is missing under an advisory lock, plants the seed, exits.
 * Runs once per release as a Job, never in a serving pod. Exit codes: 0, 78 bad configuration, 1 anything else.
 */
export async function migrate<P extends TProperties>({ directory, properties, seed }: Migration<P>): Promise<void> {
  const started = performance.now()
  try {
    const config = loadConfig({ ...migrateProperties, ...properties }, process.env) as Readonly<Static<TObject<typeof migrateProperties>>> &
      Readonly<Static<TObject<P>>>
    const client = await connect(config, started + config.MIGRATE_TIMEOUT_MS)
    try {
      const applied = await runner({
        dbClient: client,
        dir: fileURLToPath(directory),
        direction: 'up',
        migrationsTable: 'pgmigrations',
        count: Number.POSITIVE_INFINITY,
        log: () => {},
      })
      await seed?.(client, config)
      process.stdout.write(
        `${config.PGDATABASE}: ${applied.length === 0 ? 'up to date' : `applied ${applied.map(({ name }) => name).join(', ')}`}\n`,
      )
    } finally {
      await client.end()
    }
  } catch (error) {
    const config = error instanceof ConfigError
    process.stderr.write(`migrate: ${config ? error.message : ((error as Error).stack ?? error)}\n`)
    process.exitCode = config ? exitCodeConfig : 1
  }
}

/** On a fresh install the database starts together with the Job: wait for it. */
async function connect(config: Readonly<Static<TObject<typeof migrateProperties>>>, giveUpAt: number): Promise<pg.Client> {
  for (;;) {
    const { PGHOST: host, PGPORT: port, PGDATABASE: database, PGUSER: user, PGPASSWORD: password } = config
    const client = new pg.Client({ host, port, database, user, password, connectionTimeoutMillis: 2000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      await client.end().catch(() => {})
      if (performance.now() > giveUpAt)
        throw new Error(`the database ${database} at ${host}:${port} accepts no connection: ${(error as Error).message}`)
      await new Promise((resolve) => setTimeout(resolve, 500))
    }
  }
}
