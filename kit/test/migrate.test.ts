import pg from 'pg'
import t from 'tap'
import { freePort, runMigrate, startPostgres } from './postgres.ts'

t.test('it waits for the database, applies once and seeds once', async (t) => {
  const { env, server } = await startPostgres(t)
  await server.stop()
  const early = runMigrate(env)
  await new Promise((resolve) => setTimeout(resolve, 700))
  await server.start()
  t.match(await early, { code: 0, stdout: 'postgres: applied 20261101000000_things\n' })
  t.match(await runMigrate({ ...env, SEED_NAME: 'second' }), { code: 0, stdout: 'postgres: up to date\n' })
  const client = new pg.Client({
    host: env.PGHOST,
    port: Number(env.PGPORT),
    database: env.PGDATABASE,
    user: env.PGUSER,
    password: env.PGPASSWORD,
  })
  await client.connect()
  t.same((await client.query('SELECT name FROM things')).rows, [{ name: 'first' }])
  await client.end()
})

t.test('a configuration that cannot be used is told key by key, with exit code 78', async (t) => {
  const { code, stderr } = await runMigrate({ PGHOST: 'x', PGPORT: 'no', PGDATABASE: 'd', SEED_NAME: '' })
  t.equal(code, 78)
  for (const key of ['PGPORT', 'PGUSER', 'SEED_NAME']) t.match(stderr, new RegExp(`- ${key} `))
  t.notMatch(stderr, /\n +at /, 'a sentence, not a stack')
})

t.test('a database that never comes is told in a sentence, with exit code 1', async (t) => {
  const port = await freePort()
  const env = { PGHOST: '127.0.0.1', PGPORT: String(port), PGDATABASE: 'd', PGUSER: 'u', MIGRATE_TIMEOUT_MS: '1000' }
  const { code, stderr } = await runMigrate(env)
  t.equal(code, 1)
  t.match(stderr, `the database d at 127.0.0.1:${port} accepts no connection: connect ECONNREFUSED`)
})
