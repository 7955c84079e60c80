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
import { type ChildProcess, spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import pg from 'pg'
import { type Account, findAccount, findBinaries, freePort, prepareFolder, runInitdb, sentenceFor } from './postgres-setup.ts'

export interface PostgresOptions {
  /** Created when missing; must be empty or an earlier run's. */
  dataFolder: string
  /** Where the server's own log goes; nowhere when left out. */
  logFile?: string
  /** One role and one database each. Default catalog, inventory, orders, payments. */
  services?: readonly string[]
  /** Told before each step that takes a while. */
  onProgress?: (text: string) => void
}

export interface Postgres {
  host: string
  port: number
  /** libpq's variables for one service; throws for a service without a database. */
  env: (service: string) => Record<string, string>
  superuserEnv: Record<string, string>
  /** Ends the server cleanly; connections are cut. */
  stop: () => Promise<void>
}

const HOST = '127.0.0.1'
const SUPERUSER = 'postgres'
const SERVICES = ['catalog', 'inventory', 'orders', 'payments'] as const
const START_ATTEMPTS = 3
const READY_TIMEOUT_MS = 30_000
const STOP_TIMEOUT_MS = 10_000
const POLL_INTERVAL_MS = 25
const WORDS_CHARACTERS_MAX = 4000

// Commits stay durable (fsync and synchronous_commit as they come): the run proves promises that a crash must not break.
const SETTINGS = {
  listen_addresses: HOST,
  unix_socket_directories: '',
  max_connections: '200',
  shared_buffers: '64MB',
  // Nothing replicates from this server, so the log can carry less.
  wal_level: 'minimal',
  max_wal_senders: '0',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

/** Starts Postgres. Rejects with a sentence that says what is wrong and what to do. */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const { dataFolder, logFile, services = SERVICES, onProgress = () => {} } = options
  const binaries = findBinaries()
  const account = await findAccount()
  const password = randomBytes(16).toString('hex')
  const dataPath = prepareFolder(dataFolder, account)
  onProgress('creating the database (a few seconds)')
  await runInitdb(binaries.initdb, dataPath, password, account)
  const server = await startServer(binaries.postgres, dataPath, account, logFile, password)
  try {
    onProgress(`creating roles and databases for ${services.join(', ')}`)
    return await serve(server, password, services)
  } catch (error) {
    await server.stop()
    throw error
  }
}

interface Server {
  port: number
  stop: () => Promise<void>
}

async function serve({ port, stop }: Server, password: string, services: readonly string[]): Promise<Postgres> {
  const environment = (user: string, database: string, secret: string) => ({
    PGHOST: HOST,
    PGPORT: String(port),
    PGDATABASE: database,
    PGUSER: user,
    PGPASSWORD: secret,
  })
  const envs = new Map(services.map((service) => [service, environment(service, service, randomBytes(16).toString('hex'))]))
  await createDatabases(port, password, envs)
  const env = (service: string) => {
    const found = envs.get(service)
    if (found === undefined) throw new Error(`${service} has no database; those with one are ${services.join(', ')}`)
    return { ...found }
  }
  return { host: HOST, port, env, superuserEnv: environment(SUPERUSER, SUPERUSER, password), stop }
}

async function createDatabases(port: number, password: string, envs: ReadonlyMap<string, { PGPASSWORD: string }>): Promise<void> {
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
  } finally {
    await client.end()
  }
}

/** Another process may take the chosen port before Postgres does: then it is tried again with a new one. */
async function startServer(
  binary: string,
  dataPath: string,
  account: Account,
  logFile: string | undefined,
  password: string,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort()
    const server = launch(binary, dataPath, account, logFile, port)
    try {
      await untilReady(server, port, password)
      return { port, stop: server.stop }
    } catch (error) {
      await server.stop()
      const taken = /Address already in use|could not bind/.test(server.words())
      if (!taken || attempt === START_ATTEMPTS) throw new Error(sentenceFor('Postgres did not start', server.words() || String(error)))
    }
  }
}

interface Launched {
  child: ChildProcess
  /** The last of what it wrote. */
  words: () => string
  stop: () => Promise<void>
}

// The watcher's `$$` is the shell's pid, which exec hands on to Postgres. SIGINT is Postgres's fast shutdown.
const WATCHED = 'exec 3<&0; (cat <&3; kill -INT $$) >/dev/null 2>&1 & exec "$@" 3<&- </dev/null'

function launch(binary: string, dataPath: string, account: Account, logFile: string | undefined, port: number): Launched {
  const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  const child = spawn('/bin/sh', ['-c', WATCHED, 'postgres', binary, '-D', dataPath, ...settings], {
    cwd: dataPath,
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C' },
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
    ...account,
  })
  let words = ''
  child.stderr?.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-WORDS_CHARACTERS_MAX)
  })
  if (logFile !== undefined) child.stderr?.pipe(createWriteStream(logFile, { flags: 'a' }))
  // A write to a server that has just ended is no news.
  child.stdin?.on('error', () => {})
  const exited = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
    child.once('error', (error) => {
      words += error.message
      resolve()
    })
  })
  // Lets the watcher go when the server ended by itself.
  void exited.then(() => child.stdin?.end())
  const stop = async () => {
    child.stdin?.end()
    const kill = setTimeout(() => child.kill('SIGQUIT'), STOP_TIMEOUT_MS)
    await exited
    clearTimeout(kill)
  }
  return { child, words: () => words, stop }
}

async function untilReady({ child }: Launched, port: number, password: string): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  while (child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
    const client = new pg.Client({ host: HOST, port, user: SUPERUSER, password, database: SUPERUSER, connectionTimeoutMillis: 1000 })
    try {
      await client.connect()
      await client.end()
      return
    } catch (error) {
      if (performance.now() > deadlineMs) throw error
      await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS))
    }
  }
  throw new Error('the server ended at once')
}
