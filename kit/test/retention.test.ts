import pg from 'pg'
import t from 'tap'
import { defineConfig } from '../config.ts'
import { databaseProperties, openDatabase } from '../database.ts'
import { keepRetention, retentionProperties, type Subject } from '../retention.ts'
import { defineService } from '../service.ts'
import { build } from '../testing.ts'
import { metric, until } from './helper.ts'
import { startPostgres } from './postgres.ts'

const notes: Subject = {
  name: 'notes',
  keptS: 3600,
  oldest: 'SELECT min(at) FROM notes',
  remove: `WITH picked AS MATERIALIZED (
    SELECT id FROM notes WHERE at < $1 ORDER BY at LIMIT $2 FOR UPDATE SKIP LOCKED
  ), removed AS (
    DELETE FROM notes WHERE id = ANY (ARRAY(SELECT id FROM picked)) RETURNING 1
  ) SELECT count(*) AS picked, count(*) AS removed FROM removed`,
}
/** Fails every time, and comes first. */
const broken: Subject = {
  name: 'broken',
  keptS: 1,
  oldest: "SELECT '-infinity'::timestamptz",
  remove: 'SELECT 1 / (length($1::text) - length($1::text)) AS picked, $2::integer AS removed',
}

t.test('removal of old rows', async (t) => {
  const { env } = await startPostgres(t)
  const client = new pg.Client({ host: env.PGHOST, port: Number(env.PGPORT), user: env.PGUSER, password: env.PGPASSWORD })
  await client.connect()
  t.teardown(() => client.end())
  await client.query(`CREATE TABLE retention (subject text PRIMARY KEY, removed_before timestamptz NOT NULL);
    CREATE TABLE notes (id integer PRIMARY KEY, at timestamptz NOT NULL)`)
  const plant = (from: number, to: number, age: string) =>
    client.query('INSERT INTO notes SELECT i, now() - $3::interval FROM generate_series($1::integer, $2::integer) AS i', [from, to, age])
  const left = async () => Number((await client.query('SELECT count(*) AS n FROM notes')).rows[0].n)
  const announced = async () => (await client.query("SELECT removed_before FROM retention WHERE subject = 'notes'")).rows[0]?.removed_before
  const open = (subjects: Subject[], more: Record<string, string> = {}) => {
    const config = defineConfig({ ...databaseProperties, ...retentionProperties })
    const app = async (server: Parameters<typeof keepRetention>[0], values: ReturnType<typeof config.load>) =>
      keepRetention(server, openDatabase(server, values, new URL('./migrations/', import.meta.url)), values, subjects)
    const rare = { RETENTION_INTERVAL_MS: '3600000', RETENTION_BATCH_MAX: '10' }
    return build(t, defineService({ name: 'sample', config, app }), { ...env, ...rare, ...more })
  }
  const removed = (service: Parameters<typeof metric>[0]) => metric(service, 'retention_removed_total{subject="notes"}')

  await t.test('a round removes one batch and says whether there may be more', async (t) => {
    const service = await open([notes])
    await plant(1, 5, '59 minutes')
    t.notOk(await service.server.prune(), 'nothing is due')
    t.equal(await announced(), undefined, 'so nothing is announced')
    await plant(101, 125, '61 minutes')
    t.strictSame([await service.server.prune(), await left()], [true, 20])
    t.strictSame([await service.server.prune(), await left()], [true, 10])
    t.strictSame([await service.server.prune(), await left()], [false, 5])
    t.equal(await removed(service), 25)
    const { rows } = await client.query(
      "SELECT removed_before BETWEEN now() - interval '61 minutes' AND now() - interval '1 hour' AS sound FROM retention",
    )
    t.strictSame(rows, [{ sound: true }])
  })

  await t.test('a longer retention keeps what is left, and takes back no announcement', async (t) => {
    const before = await announced()
    await plant(201, 202, '2 hours')
    await plant(203, 203, '4 hours')
    const service = await open([{ ...notes, keptS: 3 * 3600 }])
    t.notOk(await service.server.prune())
    t.equal(await removed(service), 1)
    t.same(await announced(), before)
  })

  await t.test('it goes on by itself, also while another subject fails', async (t) => {
    await plant(301, 340, '2 hours')
    const service = await open([broken, notes], { RETENTION_INTERVAL_MS: '10' })
    await until(async () => (await left()) === 5)
    await t.rejects(service.server.prune(), { code: '22012' })
    t.equal(await removed(service), 42)
  })
})
