import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import t from 'tap'
import { loadService, placeholderEnv, root, serviceNames } from '../scripts/lib/services.ts'
import { runMigration } from '../tools/local/migrations.ts'
import { startPostgres } from '../tools/local/postgres.ts'
import { ServiceProcess } from './contract/process.ts'

const drainDelayMs = 400

t.setTimeout(120_000)
t.jobs = 2

/** One Postgres for all services that have a database, with their schemas. */
async function databases(names: string[]): Promise<(name: string) => Record<string, string>> {
  if (names.length === 0) return () => ({})
  const folder = await mkdtemp(join(tmpdir(), 'headroom-contract-'))
  // As root, the server runs as another user and must reach its data.
  await chmod(folder, 0o755)
  const postgres = await startPostgres({ dataFolder: folder, services: names })
  t.teardown(async () => {
    await postgres.stop()
    await rm(folder, { recursive: true, force: true })
  })
  for (const name of names)
    await runMigration(pathToFileURL(`${root}/services/${name}/migrate.ts`), { ...postgres.env(name), SEED: 'true' })
  return (name) => (names.includes(name) ? postgres.env(name) : {})
}

const definitions = new Map(await Promise.all(serviceNames().map(async (name) => [name, await loadService(name)] as const)))
const withDatabase = [...definitions].filter(([, { config }]) => 'PGHOST' in config.properties).map(([name]) => name)
const databaseEnv = await databases(withDatabase)

for (const [name, definition] of definitions) {
  t.test(name, { buffered: true }, async (t) => {
    const env = {
      ...placeholderEnv(definition),
      ...databaseEnv(name),
      LOG_LEVEL: 'info',
      LOG_SAMPLE_RATIO: '1',
      DRAIN_DELAY_MS: String(drainDelayMs),
      // A busy machine must not shed or end what this test sends.
      CONNECTION_MAX_AGE_MS: '600000',
      PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '0',
    }

    t.test('every bad key is told at once, by name, with exit code 78', async (t) => {
      const service = new ServiceProcess(t, name, { PORT: '-1', LOG_LEVEL: 'loud', DRAIN_DELAY_MS: 'soon', HANDLER_TIMEOUT_M: '5' })
      t.equal(await service.exited, 78)
      const required = Object.entries(definition.config.properties).flatMap(([key, schema]) => ('default' in schema ? [] : [key]))
      for (const key of ['PORT', 'LOG_LEVEL', 'DRAIN_DELAY_MS', ...required]) t.match(service.stderr, new RegExp(`^ +- ${key} `, 'm'))
      t.match(service.stderr, 'HANDLER_TIMEOUT_M is not a key of this service; did you mean HANDLER_TIMEOUT_MS?')
      t.notMatch(service.stderr, /at .*\.ts:\d+/, 'a sentence, not a stack')
    })

    t.test('on SIGTERM it turns unready, keeps serving while clients leave, then ends with 0', async (t) => {
      const service = new ServiceProcess(t, name, env)
      const { url, opsUrl } = await service.ready()
      t.equal((await fetch(`${opsUrl}/readyz`)).status, 200)
      const traceId = 'c'.repeat(32)
      const before = await fetch(`${url}/no/such/route`, { headers: { traceparent: `00-${traceId}-${'b'.repeat(16)}-01` } })
      t.equal(before.status, 404)
      t.not(before.headers.get('connection'), 'close')
      await service.line(({ trace_id }) => trace_id === traceId)
      const startedAt = performance.now()
      service.kill('SIGTERM')
      await service.line(({ msg }) => msg === 'draining')
      t.equal((await fetch(`${opsUrl}/readyz`)).status, 503)
      t.equal((await fetch(`${opsUrl}/livez`)).status, 200)
      const during = await fetch(`${url}/no/such/route`)
      t.match([during.status, during.headers.get('connection')], [404, 'close'])
      t.equal(await service.exited, 0)
      const tookMs = performance.now() - startedAt
      t.ok(tookMs >= drainDelayMs && tookMs < 20_000, `took ${Math.round(tookMs)} ms`)
      await t.rejects(fetch(url), 'nobody listens any more')
    })
  })
}

t.test('a port in use is a sentence and exit code 1', async (t) => {
  const env = { HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0', DRAIN_DELAY_MS: '0' }
  const { url } = await new ServiceProcess(t, 'hello', env).ready()
  const second = new ServiceProcess(t, 'hello', { ...env, PORT: new URL(url).port })
  t.equal(await second.exited, 1)
  t.match(second.stderr, /port in use.*Set PORT/)
})
