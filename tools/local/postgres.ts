/**
 * A real Postgres for one run, in a folder of its own, with a role and a database for each service.
 *
 *   const postgres = await startPostgres({ dataFolder: 'out/postgres', onProgress: (text) => console.log(text) })
 *   spawn('node', ['services/orders/main.ts'], { env: postgres.env('orders') })   // PGHOST PGPORT PGDATABASE PGUSER PGPASSWORD
 *   await postgres.stop()
 *
 * Every start is a new, empty server: what an earlier one left in the folder is cleared, provided it was ours and is dead.
 * The server runs in a session of its own, so Ctrl-C reaches us and not it, and the run can end in order. It ends with us in
 * any case: a watcher beside it waits for the end of a pipe that only we hold.
 */
import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import pg from 'pg'
import { HOST, type Server, SUPERUSER, startServer } from './postgres-server.ts'
import { findAccount, findBinaries, prepareFolder, runInitdb } from './postgres-setup.ts'

export interface PostgresOptions {
  /** Created when missing; must be empty or an earlier run's. */
  dataFolder: string
  /** Where the server's own log goes; nowhere when left out. */
  logFile?: string
  /** One role and one database each. Default catalog, inventory, orders, payments. */
  services?: readonly string[]
  /** How long the server of a run that has just been killed may take to leave the folder. Default 5000. */
  leavingMs?: number
  /** Told before each step that takes a while. */
  onProgress?: (text: string) => void
  /** Ends the start early. */
  signal?: AbortSignal
}

export interface Postgres {
  host: string
  port: number
  /** Of the server: `18.4`. */
  version: string
  /** libpq's variables for one service; throws for a service without a database. */
  env: (service: string) => Record<string, string>
  superuserEnv: Record<string, string>
  /** Ends the server cleanly and removes its data; connections are cut. */
  stop: () => Promise<void>
  crash: Server['crash']
  restart: Server['restart']
}

const SERVICES = ['catalog', 'inventory', 'orders', 'payments'] as const

/** Starts Postgres. Rejects with a sentence that says what is wrong and what to do, or with the signal's reason; then nothing of it is left. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataFolder, logFile, services = SERVICES, leavingMs = 5000, onProgress = () => {}, signal } = options
  const binaries = findBinaries()
  const account = await findAccount()
  const password = randomBytes(16).toString('hex')
  const dataPath = await prepareFolder(dataFolder, account, { leavingMs, signal })
  // A program that was just killed may still be writing.
  const removeData = () => rm(dataPath, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  let server: Server | undefined
  const stop = async () => {
    await server?.stop()
    await removeData()
  }
  try {
    onProgress('creating the database (a few seconds)')
    await runInitdb(binaries.initdb, dataPath, password, account, signal)
    server = await startServer(binaries.postgres, dataPath, account, logFile, password, signal)
    onProgress(`creating roles and databases for ${services.join(', ')}`)
    const postgres = await serve({ ...server, stop }, password, services)
    signal?.throwIfAborted()
    return postgres
  } catch (error) {
    // The first error is the one to tell.
    await stop().catch(() => {})
    throw error
  }
}

async function serve({ port, stop, crash, restart }: Server, password: string, services: readonly string[]): Promise<Postgres> {
  const environment = (user: string, database: string, secret: string) => ({
    PGHOST: HOST,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: secret,
  })
  const envs = new Map(services.map((service) => [service, environment(service, service, randomBytes(16).toString('hex'))]))
  const version = await createDatabases(port, password, envs)
  const env = (service: string) => {
    const found = envs.get(service)
    if (found === undefined) throw new Error(`${service} has no database; those with one are ${services.join(', ')}`)
    return { ...found }
  }
  return { host: HOST, port, version, env, superuserEnv: environment(SUPERUSER, SUPERUSER, password), stop, crash, restart }
}

/** @returns the server's version */
async function createDatabases(port: number, password: string, envs: ReadonlyMap<string, { PGPASSWORD: string }>): Promise<string> {
  const client = new pg.Client({ host: HOST, port, user: SUPERUSER, password, database: SUPERUSER })
  await client.connect()
  try {
    for (const [service, { PGPASSWORD }] of envs) {
      const name = client.escapeIdentifier(service)
      await client.query(`CREATE ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(PGPASSWORD)}`)
      await client.query(`CREATE DATABASE ${name} OWNER ${name}`)
      // A service reaches its own database and no other's.
      await client.query(`REVOKE CONNECT ON DATABASE ${name} FROM PUBLIC`)
    }
    return (await client.query<{ server_version: string }>('SHOW server_version')).rows[0]?.server_version ?? 'unknown'
  } finally {
    await client.end()
  }
}
