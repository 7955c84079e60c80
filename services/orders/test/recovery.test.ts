import { randomUUID } from 'node:crypto'
import t from 'tap'
import { post, until, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world
const eager = { RECOVERY_INTERVAL_MS: '20' }

t.test('any number of recoveries finish what was left, each order once', async (t) => {
  const writer = await world.replica(t)
  payments.fault = (call) => (call === 'POST /charges' ? { when: 'after', how: 500 } : undefined)
  const replies = await Promise.all(Array.from({ length: 20 }, () => post(writer)))
  for (const reply of replies) t.equal(reply.statusCode, 202, reply.body)
  payments.fault = () => undefined
  await Promise.all([1, 2, 3].map(() => world.replica(t, eager)))
  await world.endLeases()
  await world.settled()
  for (const reply of replies) t.equal(await world.stateOf(reply.json().id), 'confirmed')
  t.equal(payments.charges.size, 20)
  await world.audit(t)
})

t.test('an order that holds nothing for too long is given up, and a late hold finds its place taken', async (t) => {
  const writer = await world.replica(t, { PEER_TIMEOUT_MS: '100' })
  inventory.fault = (call) => (call === 'POST /holds' ? { when: 'before', how: 'hang' } : undefined)
  const key = randomUUID()
  const pending = await post(writer, { key, timeoutMs: 500 })
  t.equal(pending.statusCode, 202)
  const { id } = pending.json()
  await world.replica(t, { ...eager, GIVE_UP_S: '1' })
  await until(async () => {
    await world.endLeases()
    return (await world.stateOf(id)) === 'cancelled'
  })
  inventory.fault = () => undefined
  t.equal(inventory.holds.get(id)?.state, 'released')
  t.match((await post(writer, { key })).json(), { status: 409, code: 'order_timed_out' })
  t.match((await writer.server.inject(`/orders/${id}`)).json(), { state: 'cancelled', reason: 'order_timed_out' })
  await world.audit(t)
})

t.test('an order that may have been charged is never given up', async (t) => {
  const writer = await world.replica(t, { PEER_TIMEOUT_MS: '100' })
  payments.fault = () => ({ when: 'after', how: 'hang' })
  const { id } = (await post(writer, { timeoutMs: 500 })).json()
  await world.rows("UPDATE orders SET created_at = now() - interval '1 day' WHERE id = $1", [id])
  payments.fault = () => undefined
  await world.replica(t, { ...eager, GIVE_UP_S: '1' })
  await world.endLeases()
  await world.settled()
  t.equal(await world.stateOf(id), 'confirmed')
  await world.audit(t)
})

t.test('sold out, found by a recovery, leaves a tombstone in case an earlier question is still on its way', async (t) => {
  const writer = await world.replica(t)
  inventory.failNext('POST /holds', { when: 'before', how: 'reset' })
  inventory.stock = inventory.taken
  const reply = await post(writer)
  inventory.stock = 1_000_000
  t.match(reply.json(), { status: 409, code: 'sold_out' })
  await world.settled()
  const [order] = await world.rows<{ id: string }>("SELECT id FROM orders WHERE reason = 'sold_out'")
  t.equal(inventory.holds.get(String(order?.id))?.state, 'released')
  await world.audit(t)
})

t.test('a replica that closes waits for the round in progress; the next one finishes the rest', async (t) => {
  const writer = await world.replica(t)
  payments.fault = () => ({ when: 'before', how: 500 })
  await Promise.all(Array.from({ length: 15 }, () => post(writer, { timeoutMs: 500 })))
  payments.fault = () => undefined
  payments.delayMs = 50
  const working = payments.seen('POST /charges')
  const leaving = await world.replica(t, eager)
  await world.endLeases()
  await working
  await leaving.close()
  payments.delayMs = 0
  await world.replica(t, eager)
  await until(async () => {
    await world.endLeases()
    return (await world.rows('SELECT 1 FROM orders WHERE lease_until IS NOT NULL')).length === 0
  })
  await world.audit(t)
})
