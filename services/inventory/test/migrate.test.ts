import { migrate, startDatabase } from '@headroom/kit/test/postgres'
import t from 'tap'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, client } = await startDatabase(t, migrateFile)

t.test('without SEED there are tables and no tiers', async (t) => {
  t.strictSame((await client.query('SELECT id FROM tiers')).rows, [])
})

t.test('SEED=true plants every demo tier once, however often it runs', async (t) => {
  t.match(await migrate(migrateFile, env, { SEED: 'true', SEED_STOCK: '500' }), /up to date/)
  await client.query("UPDATE tiers SET held = 3 WHERE id = 'aurora-live-floor'")
  await migrate(migrateFile, env, { SEED: 'true', SEED_STOCK: '700' })
  const { rows } = await client.query('SELECT id, event_id, stock, held FROM tiers ORDER BY id')
  t.equal(rows.length, 10)
  t.strictSame(
    rows.find(({ id }) => id === 'aurora-live-floor'),
    { id: 'aurora-live-floor', event_id: 'aurora-live', stock: 500, held: 3 },
    'a second run with another stock changes nothing',
  )
  for (const { id, event_id } of rows) t.ok([`${event_id}-floor`, `${event_id}-balcony`].includes(id), id)
})

t.test('a stock that cannot be used is refused with exit code 78', async (t) => {
  await t.rejects(migrate(migrateFile, env, { SEED: 'true', SEED_STOCK: '0' }), { code: 78, stderr: /SEED_STOCK must be >= 1/ })
})

t.test('the database itself refuses to oversell', async (t) => {
  const oversell = client.query("UPDATE tiers SET held = stock + 1 WHERE id = 'harbor-jazz-floor'")
  await t.rejects(oversell, /tiers_never_oversold/)
  await t.rejects(client.query("UPDATE tiers SET held = -1 WHERE id = 'harbor-jazz-floor'"), /tiers_held_not_negative/)
})

t.test('take_in_order passes over what does not fit and goes on', async (t) => {
  const { rows } = await client.query(
    'SELECT take_in_order(q, 5) OVER (ORDER BY n) AS taken FROM unnest(ARRAY[4, 2, 1, 1]) WITH ORDINALITY AS i (q, n) ORDER BY n',
  )
  t.strictSame(
    rows.map(({ taken }) => taken),
    [4, 4, 5, 5],
  )
})
