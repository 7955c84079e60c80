import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const database = await startDatabase(t, migrateFile, { SEED: 'true', SEED_STOCK: '100' })
const { server, ops } = await build(t, service, { ...database.env, SWEEP_INTERVAL_MS: '20', AVAILABILITY_CACHE_MS: '0' })

const order = () => ({ orderId: randomUUID(), eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 2 })
const reserve = (payload: object) => server.inject({ method: 'POST', url: '/holds', payload })
const remaining = async () => (await server.inject('/availability/aurora-live')).json().tiers[1]

t.test('the sweeper gives expired tickets back by itself', async (t) => {
  const wanted = order()
  await reserve(wanted)
  t.match(await remaining(), { id: 'aurora-live-floor', remaining: 98 })
  await database.client.query('UPDATE holds SET expires_at = now() WHERE id = $1', [wanted.orderId])
  while ((await remaining()).remaining < 100);
  const { rows } = await database.client.query('SELECT state FROM holds WHERE id = $1', [wanted.orderId])
  t.strictSame(rows, [{ state: 'expired' }])
  // The sweeper counts when it is told that it has swept, a moment after others can see it.
  const expired = async () => Number(/^inventory_holds_expired_total (\d+)$/m.exec((await ops.inject('/metrics')).body)?.[1])
  while ((await expired()) === 0) await delay(10)
  t.equal(await expired(), 1)
})

t.test('a replica tells how many tickets all of them hold', async (t) => {
  const wanted = order()
  await reserve(wanted)
  const other = await build(t, service, { ...database.env, SWEEP_INTERVAL_MS: '20' })
  const scrape = async () => (await other.ops.inject('/metrics')).body
  while (!/^inventory_tickets_held 2$/m.test(await scrape())) await delay(10)
  await server.inject({ method: 'DELETE', url: `/holds/${wanted.orderId}` })
  await other.close()
})

t.test('without its database every request is answered 503, nothing hangs, and it comes back with the database', async (t) => {
  const wanted = order()
  await database.stop()
  const requests = [
    reserve(wanted),
    server.inject({ method: 'POST', url: `/holds/${wanted.orderId}/confirm` }),
    server.inject({ method: 'DELETE', url: `/holds/${wanted.orderId}` }),
    server.inject('/availability/aurora-live'),
  ]
  for (const reply of await Promise.all(requests)) {
    t.equal(reply.statusCode, 503)
    t.equal(reply.json().code, 'database_unavailable')
    t.match(reply.headers['retry-after'], /^[12]$/)
  }
  t.match((await ops.inject('/dependencies')).json(), { postgres: { status: 'down' } })
  t.equal((await ops.inject('/livez')).statusCode, 200)
  await database.start()
  t.equal((await reserve(wanted)).statusCode, 201)
  t.match(await remaining(), { remaining: 98 })
  t.match((await ops.inject('/dependencies')).json(), { postgres: { status: 'up' } })
})
