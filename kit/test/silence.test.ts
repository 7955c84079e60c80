import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { Database } from '../database.ts'
import { until } from './helper.ts'
import { openSample } from './open-sample.ts'
import { startPostgres } from './postgres.ts'

const { env } = await startPostgres(t)

/** A way to Postgres that can swallow every byte, of new connections too, without closing any. */
async function startHole() {
  const hole = { port: '', open: false }
  const sockets = new Set<Socket>()
  const server = createServer((client) => {
    const upstream = connect(Number(env.PGPORT), '127.0.0.1')
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const)
      sockets.add(
        from
          .on('data', (chunk) => hole.open || to.write(chunk))
          .on('error', () => {})
          .on('close', () => to.destroy()),
      )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  hole.port = String((server.address() as AddressInfo).port)
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return hole
}

const hole = await startHole()
const sample = await openSample(t, { ...env, PGPORT: hole.port, DATABASE_POOL_MAX: '4' })
const { database, service } = sample
const sleep = (seconds: number, query: Database['query'] = database.query) => query('sleep', 'SELECT pg_sleep($1)', [seconds])
const write = () => database.query('write', 'INSERT INTO written VALUES (1)')
await database.query('make', 'CREATE TABLE written (n integer)')
const warm = () => Promise.all([1, 2, 3, 4].map(() => sleep(0.02)))

t.test('a server that says nothing: every write is refused within a second, and all goes on soon after its return', async (t) => {
  await warm()
  t.equal(database.pool.idleCount, 4)
  const begun = Promise.withResolvers<void>()
  const transaction = t.rejects(
    database.transaction(async (client) => {
      await client.query('INSERT INTO written VALUES (2)')
      begun.resolve()
      // Longer than anybody waits: it holds its connection and asks nothing when the silence is noticed.
      await delay(1500)
      await client.query('INSERT INTO written VALUES (3)')
    }),
    { code: 'database_unavailable' },
  )
  await begun.promise
  hole.open = true
  const startedAt = performance.now()
  const refuse = async () => {
    const sentAt = performance.now()
    await t.rejects(write(), { code: 'database_unavailable', retryAfterS: 1 })
    return performance.now() - sentAt
  }
  // More than there are connections, so that some wait for one.
  const [, ...first] = await Promise.all([transaction, ...Array.from({ length: 20 }, refuse)])
  t.ok(Math.max(...first) < 1000, `the first took ${Math.max(...first).toFixed()} ms`)
  const next: number[] = []
  while (performance.now() - startedAt < 2500) {
    next.push(await refuse())
    await delay(5)
  }
  t.ok(Math.max(...next) < 200, `those after it ${Math.max(...next).toFixed()} ms`)
  await t.rejects(sleep(0, database.patientQuery), { code: 'database_unavailable' }, 'nor is anything else asked')
  t.equal((await service.ops.inject('/livez')).statusCode, 200)
  t.equal((await service.ops.inject('/dependencies')).json().postgres.status, 'down')
  hole.open = false
  await until(() => write().then(Boolean, () => false))
  await Promise.all(Array.from({ length: 20 }, write))
  t.strictSame((await database.query('kept', 'SELECT 1 FROM written WHERE n > 1')).rows, [], 'half a transaction is none')
  t.equal((await service.ops.inject('/dependencies')).json().postgres.status, 'up')
})

t.test('one statement that is slow is no silence', async (t) => {
  await warm()
  const slow = t.rejects(sleep(1.5), { code: 'database_unavailable' }, 'its own request waits no longer')
  const patient = sleep(1.2, database.patientQuery)
  const startedAt = performance.now()
  while (performance.now() - startedAt < 1400) {
    await write()
    await delay(20)
  }
  await slow
  await t.resolves(patient, 'what nobody waits for is finished')
  t.equal(database.pool.totalCount, 4, 'no connection was given up')
})

t.test('a process that had no CPU for a while does not take that for silence', async (t) => {
  const asked = write()
  await delay(1)
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)
  await t.resolves(asked)
})
