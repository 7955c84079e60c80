import { randomUUID } from 'node:crypto'
import t from 'tap'
import { post, request, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world
const [replica, second] = await Promise.all([world.replica(t), world.replica(t)])

for (const { peer, call } of [
  { peer: inventory, call: 'POST /holds' },
  { peer: payments, call: 'POST /charges' },
]) {
  t.test(`${call}: a refusal before anything was done gives the key back`, async (t) => {
    peer.failNext(call, { when: 'before', how: 503 })
    const key = randomUUID()
    const refused = await post(replica, { key })
    t.match(refused.json(), { status: 503, code: 'overloaded' })
    t.ok(refused.headers['retry-after'])
    await world.settled()
    t.strictSame(await world.rows('SELECT 1 FROM orders WHERE idempotency_key = $1', [key]), [], 'no order has the key')
    const tried = await post(replica, { key, body: { ...request, quantity: 1 } })
    t.equal(tried.statusCode, 201, 'even another order may')
    await world.audit(t)
  })
}

t.test('POST /holds/:id/confirm: a refusal leaves the charged order to the recovery', async (t) => {
  inventory.failNext('POST /holds/:id/confirm', { when: 'before', how: 503 })
  t.equal((await post(replica)).statusCode, 201)
  await world.audit(t)
})

t.test('a peer that is gone is found out at once, and the key is given back', async (t) => {
  for (const peer of [inventory, payments]) {
    const port = Number(new URL(peer.url).port)
    await peer.stop()
    const key = randomUUID()
    const started = performance.now()
    const refused = await post(replica, { key })
    t.ok(performance.now() - started < 1000)
    t.match(refused.json(), { status: 503, code: 'dependency_unavailable' })
    await peer.start(port)
    await world.endLeases()
    await world.settled()
    t.equal((await post(replica, { key })).statusCode, 201)
    await world.audit(t)
  }
})

t.test('a key whose order was named to somebody is not given back', async (t) => {
  const key = randomUUID()
  inventory.delayMs = 600
  inventory.failNext('POST /holds', { when: 'before', how: 503 })
  const arrived = inventory.seen('POST /holds')
  const slow = post(replica, { key })
  await arrived
  const named = await post(second, { key, timeoutMs: 400 })
  t.equal(named.statusCode, 202)
  inventory.delayMs = 0
  const reply = await slow
  t.equal(reply.statusCode, 201, 'the recovery went on with it')
  t.equal(reply.json().id, named.json().id)
  await world.audit(t)
})

t.test('whoever waits for an order that is given up is told to try again', async (t) => {
  const key = randomUUID()
  inventory.delayMs = 200
  inventory.failNext('POST /holds', { when: 'before', how: 503 })
  const arrived = inventory.seen('POST /holds')
  const slow = post(replica, { key })
  await arrived
  const waiting = await post(second, { key })
  inventory.delayMs = 0
  t.match(waiting.json(), { status: 503, code: 'overloaded' })
  t.match((await slow).json(), { status: 503, code: 'overloaded' })
  t.equal((await post(second, { key })).statusCode, 201)
  await world.audit(t)
})

t.test('while an outcome stays unknown the client gets 202 in time, and reads the end later', async (t) => {
  const replica = await world.replica(t, { PEER_TIMEOUT_MS: '100', RECOVERY_INTERVAL_MS: '50' })
  payments.fault = (call) => (call === 'POST /charges' ? { when: 'after', how: 'hang' } : undefined)
  const key = randomUUID()
  const started = performance.now()
  const pending = await post(replica, { key, timeoutMs: 800 })
  t.ok(performance.now() - started < 800, 'before its patience ends')
  t.equal(pending.statusCode, 202)
  t.match(pending.json(), { state: 'pending', ...request, amountCents: 15_800 })
  const { id } = pending.json()
  t.match((await replica.server.inject(`/orders/${id}`)).json(), { id, state: 'pending' })
  const still = await post(replica, { key, timeoutMs: 300 })
  t.strictSame({ status: still.statusCode, id: still.json().id }, { status: 202, id })
  payments.fault = () => undefined
  await world.endLeases()
  const placed = await post(replica, { key })
  t.strictSame({ status: placed.statusCode, id: placed.json().id, state: placed.json().state }, { status: 201, id, state: 'confirmed' })
  await world.audit(t)
})

t.test('while a service is away, orders wait for no miracle and it is asked little more than once for each', async (t) => {
  const replica = await world.replica(t, { RECOVERY_INTERVAL_MS: '1000' })
  payments.calls.length = 0
  payments.fault = () => ({ when: 'before', how: 500 })
  let orders = 0
  let lastMs = 0
  const started = performance.now()
  for (; performance.now() - started < 2500 || orders < 100; orders++) {
    const sent = performance.now()
    t.equal((await post(replica, { timeoutMs: 4000 })).statusCode, 202)
    lastMs = performance.now() - sent
  }
  const seconds = (performance.now() - started) / 1000
  const asked = payments.calls.length
  t.ok(asked <= orders * 1.2 + 10 * seconds, `${asked} questions for ${orders} orders in ${seconds.toFixed(1)} s`)
  t.ok(lastMs < 1000, `the last one waited ${lastMs.toFixed(0)} ms`)
  payments.fault = () => undefined
  await world.replica(t, { RECOVERY_INTERVAL_MS: '20' })
  await world.endLeases()
  await world.settled()
  await world.audit(t)
})
