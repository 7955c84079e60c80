import t from 'tap'
import { isUnavailable } from '../database.ts'
import { metric, until } from './helper.ts'
import { openSample } from './open-sample.ts'
import { freePort, runMigrate, startPostgres } from './postgres.ts'

t.test('with a real Postgres', async (t) => {
  const { env, server } = await startPostgres(t)
  const { service, database } = await openSample(t, { ...env, DATABASE_POOL_MAX: '2', DATABASE_STATEMENT_TIMEOUT_MS: '300' })

  await t.test('readiness waits for the newest migration, is asked no more afterwards, and survives the database', async (t) => {
    const started = service.health.start()
    await new Promise((resolve) => setTimeout(resolve, 300))
    t.same([service.health.ready, service.health.missing], [false, ['started', 'schema']])
    await runMigrate(env)
    await started
    t.ok(service.health.ready)
  })

  await t.test('rows come back, 64-bit integers as numbers', async (t) => {
    await database.query('insert', 'INSERT INTO things VALUES ($1, $2)', [2 ** 40, 'big'])
    t.same((await database.query('big', 'SELECT * FROM things WHERE name = $1', ['big'])).rows, [{ id: 2 ** 40, name: 'big' }])
  })

  await t.test("the statement's own mistakes keep their code", async (t) => {
    await t.rejects(database.query('again', "INSERT INTO things VALUES (9, 'big')"), { code: '23505' })
  })

  await t.test('a transaction is kept whole or not at all, and its connection comes back', async (t) => {
    const count = async () => (await database.query<{ n: number }>('count', 'SELECT count(*) AS n FROM things')).rows[0]?.n
    const before = (await count()) ?? Number.NaN
    await database.transaction((client) => client.query("INSERT INTO things VALUES (11, 'kept')"))
    t.equal(await count(), before + 1)
    const failed = database.transaction(async (client) => {
      await client.query("INSERT INTO things VALUES (12, 'lost')")
      throw new Error('changed my mind')
    })
    await t.rejects(failed, { message: 'changed my mind' })
    t.equal(await count(), before + 1)
    t.equal(database.pool.idleCount, database.pool.totalCount)
  })

  await t.test('a statement that takes too long ends as database_unavailable', async (t) => {
    await t.rejects(database.query('sleep', 'SELECT pg_sleep(5)'), { code: 'database_unavailable', status: 503 })
  })

  await t.test('the queue for connections is bounded', async (t) => {
    const held = await Promise.all([database.pool.connect(), database.pool.connect()])
    const waiting = Array.from({ length: 32 }, () => database.query('one', 'SELECT 1'))
    t.equal(await metric(service, 'db_client_connections_pending'), 32)
    t.equal(await metric(service, 'db_client_connections_max'), 2)
    await t.rejects(database.query('one', 'SELECT 1'), { code: 'overloaded', retryAfterS: 1 })
    for (const client of held) client.release()
    t.equal((await Promise.all(waiting)).length, 32)
  })

  await t.test('an outage is a Problem within a second, shows in /dependencies, fails no probe, and ends by itself', async (t) => {
    await server.stop()
    const startedAt = performance.now()
    await t.rejects(database.query('one', 'SELECT 1'), { code: 'database_unavailable', retryAfterS: 1 })
    t.ok(performance.now() - startedAt < 2000)
    const state = async () => (await service.ops.inject('/dependencies')).json().postgres.status
    t.equal(await state(), 'down')
    t.equal((await service.ops.inject('/readyz')).statusCode, 200)
    await server.start()
    await until(() =>
      database.query('one', 'SELECT 1').then(
        () => true,
        () => false,
      ),
    )
    t.equal(await state(), 'up')
  })
})

t.test('a database that is not there is a Problem too', async (t) => {
  const env = { PGHOST: '127.0.0.1', PGPORT: String(await freePort()), PGDATABASE: 'd', PGUSER: 'u' }
  const { database } = await openSample(t, env)
  await t.rejects(database.query('one', 'SELECT 1'), { code: 'database_unavailable' })
})

t.test('which errors are the connection’s and which the statement’s', async (t) => {
  const withCode = (code: string) => Object.assign(new Error('x'), { code })
  for (const code of ['08006', '53300', '57P01', '57014', 'ECONNREFUSED', 'EPIPE']) t.ok(isUnavailable(withCode(code)), code)
  for (const code of ['23505', '40001', '42601', 'P0001']) t.notOk(isUnavailable(withCode(code)), code)
  t.ok(isUnavailable(new Error('Connection terminated unexpectedly')))
  t.ok(isUnavailable(new Error('timeout exceeded when trying to connect')))
  t.notOk(isUnavailable(new TypeError('x is not a function')))
})
