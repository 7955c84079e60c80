import { readdir } from 'node:fs/promises'
import { performance } from 'node:perf_hooks'
import pg from 'pg'
import { bare } from './bare.ts'
import type { BaseConfig } from './config.ts'
import { Problem, problems } from './errors.ts'
import { gauge } from './metrics.ts'
import { Type } from './schema.ts'
import type { Server } from './service.ts'
import { Silence, within } from './silence.ts'

/** The keys of a service that has a database, named as libpq names them (https://www.postgresql.org/docs/current/libpq-envars.html). */
export const databaseProperties = {
  PGHOST: Type.String({ minLength: 1, description: 'Host of the Postgres server.' }),
  PGPORT: Type.Integer({ default: 5432, minimum: 1, maximum: 65535, description: 'Port of the Postgres server.' }),
  PGDATABASE: Type.String({ minLength: 1, description: 'Database of this service.' }),
  PGUSER: Type.String({ minLength: 1, description: 'Role of this service.' }),
  PGPASSWORD: Type.String({ default: '', description: 'Password of the role; from a Secret.' }),
  DATABASE_POOL_MAX: Type.Integer({ default: 8, minimum: 1, maximum: 100, description: 'Most connections of one replica.' }),
  DATABASE_STATEMENT_TIMEOUT_MS: Type.Integer({
    default: 2000,
    minimum: 10,
    maximum: 60_000,
    description: 'Longest a statement may run; a request waits for one at most 800 ms.',
  }),
}

/** What a service with a database knows about it. */
export interface DatabaseConfig {
  readonly PGHOST: string
  readonly PGPORT: number
  readonly PGDATABASE: string
  readonly PGUSER: string
  readonly PGPASSWORD: string
  readonly DATABASE_POOL_MAX: number
  readonly DATABASE_STATEMENT_TIMEOUT_MS: number
}

type Query = <Row extends pg.QueryResultRow = pg.QueryResultRow>(
  name: string,
  text: string,
  values?: unknown[],
) => Promise<pg.QueryResult<Row>>

/** A pool whose silence is a Problem: database_unavailable within a second, never a hanging request. */
export interface Database {
  /**
   * Runs one statement, prepared under `name` so that it is parsed once per connection.
   * @throws Problem database_unavailable when no connection or no answer is to be had in time (what was asked may still happen), overloaded when too many wait for a connection; the pg error (with `code`) for anything the statement caused
   */
  query: Query
  /** The same for work that nobody waits for: the statement has the time that DATABASE_STATEMENT_TIMEOUT_MS gives it. */
  patientQuery: Query
  /** Runs several statements in one transaction: COMMIT when `work` resolves, ROLLBACK when it rejects. Never call a peer inside. */
  transaction<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T>
  readonly pool: pg.Pool
}

/** Longest that anybody waits for a connection, and a request for its answer: what is left of the second is for the way to whoever asked. */
const patienceMs = 800

/** The queue for connections is bounded: with statements of 50 ms the last in it is served just before the end of its patience. */
const waitingPerConnection = 16

/** 64-bit integers (counts, sums, cents) as numbers: none here comes near 2^53. */
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/**
 * Opens the pool of a service. Readiness then waits until the schema that this release needs was seen once.
 * @param migrations folder whose newest file must be recorded as applied
 */
export function openDatabase(server: Server, config: BaseConfig & DatabaseConfig, migrations: URL): Database {
  const pool = new pg.Pool({
    host: config.PGHOST,
    port: config.PGPORT,
    database: config.PGDATABASE,
    user: config.PGUSER,
    password: config.PGPASSWORD,
    max: config.DATABASE_POOL_MAX,
    connectionTimeoutMillis: patienceMs,
    idleTimeoutMillis: 30_000,
    statement_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS,
    query_timeout: config.DATABASE_STATEMENT_TIMEOUT_MS + 500,
    application_name: config.POD_NAME || server.kit.name,
    keepAlive: true,
  })
  const silence = new Silence(pool)
  let down: string | undefined
  // A connection that breaks while idle, or between two statements, must not end the process; the next query says what is wrong.
  pool.on('error', (error) => {
    down = error.message
  })
  pool.on('connect', (client) => client.on('error', () => {}))
  const { health, metrics } = server.kit
  health.require('schema', () => schemaSeen(pool, migrations))
  health.watch('postgres', () => (down === undefined ? { status: 'up' } : { status: 'down', detail: down }))
  gauge(metrics.registry, 'db_client_connections', 'Connections of the database pool.', () => pool.totalCount)
  gauge(metrics.registry, 'db_client_connections_idle', 'Connections of the database pool that wait for work.', () => pool.idleCount)
  gauge(metrics.registry, 'db_client_connections_max', 'Most connections of the database pool.', () => config.DATABASE_POOL_MAX)
  gauge(metrics.registry, 'db_client_connections_pending', 'Requests that wait for a connection.', () => pool.waitingCount)
  bare(server).addHook('onClose', () => pool.end())

  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    if (silence.lasts) throw problems.database_unavailable(undefined, { retryAfterS: 1 })
    if (pool.waitingCount >= config.DATABASE_POOL_MAX * waitingPerConnection)
      throw problems.overloaded('too many requests wait for the database', { retryAfterS: 1 })
    const askedAt = performance.now()
    try {
      const result = await work()
      silence.answered()
      down = undefined
      return result
    } catch (error) {
      if (!isUnavailable(error)) throw error
      down = (error as Error).message
      // What pg and the pool say without a code when they waited in vain.
      if (!('code' in (error as Error)) && /timeout/i.test(down)) silence.unanswered(askedAt)
      throw problems.database_unavailable(undefined, { retryAfterS: 1, cause: error })
    }
  }

  return {
    pool,
    query: (name, text, values = []) => guarded(() => within(patienceMs, pool.query({ name, text, values }))),
    patientQuery: (name, text, values = []) => guarded(() => pool.query({ name, text, values })),
    transaction: (work) => guarded(() => within(patienceMs, inTransaction(pool, work))),
  }
}

async function inTransaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    // A connection that cannot even roll back is not given to anybody else.
    await client.query('ROLLBACK').catch((e: Error) => {
      broken = e
    })
    throw error
  } finally {
    client.release(broken)
  }
}

/** True for errors of the connection or the server, as opposed to the statement: no SQLSTATE, or one of classes 08, 53 and 57 (https://www.postgresql.org/docs/current/errcodes-appendix.html). */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof Problem) return false
  const { code, message = '' } = error as { code?: string; message?: string }
  if (code === undefined) return /timeout|terminated|closed|Connection|ended/i.test(message)
  return /^(08|53|57)/.test(code) || /^E[A-Z]+$/.test(code)
}

/** SQL files of a migrations folder, oldest first, without their ending. */
export async function migrationNames(migrations: URL): Promise<string[]> {
  const files = await readdir(migrations)
  return files
    .filter((file) => file.endsWith('.sql'))
    .map((file) => file.slice(0, -4))
    .sort()
}

async function schemaSeen(pool: pg.Pool, migrations: URL): Promise<boolean> {
  const newest = (await migrationNames(migrations)).at(-1)
  const { rowCount } = await pool.query('SELECT 1 FROM pgmigrations WHERE name = $1', [newest])
  return rowCount === 1
}
