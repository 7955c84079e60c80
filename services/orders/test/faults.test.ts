import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Fault } from './fake.ts'
import { post, request, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world

const steps = [
  { peer: inventory, call: 'POST /holds' },
  { peer: payments, call: 'POST /charges' },
  { peer: inventory, call: 'POST /holds/:id/confirm' },
] as const

const silences: Fault[] = [
  { when: 'before', how: 'reset' },
  { when: 'after', how: 'reset' },
  { when: 'after', how: 500 },
  { when: 'after', how: 'hang' },
]

for (const { peer, call } of steps) {
  for (const fault of silences) {
    t.test(`${call}: ${fault.how} ${fault.when} its effect is resolved by asking again`, async (t) => {
      const replica = await world.replica(t, { PEER_TIMEOUT_MS: fault.how === 'hang' ? '200' : '2000' })
      peer.failNext(call, fault)
      peer.calls.length = 0
      const key = randomUUID()
      const reply = await post(replica, { key })
      t.equal(reply.statusCode, 201, 'settled while the client waits')
      t.equal(peer.calls.filter((name) => name === call).length, 2, 'asked once more, and not oftener')
      t.equal((await post(replica, { key })).body, reply.body)
      const [row] = await world.rows<{ claim: number }>('SELECT claim FROM orders WHERE idempotency_key = $1', [key])
      t.equal(row?.claim, 1, 'by a recovery')
      await world.audit(t)
    })
  }
}

for (const { peer, call } of steps.slice(0, 2)) {
  t.test(`${call}: a refusal before anything was done gives the key back`, async (t) => {
    const replica = await world.replica(t)
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
  const replica = await world.replica(t)
  inventory.failNext('POST /holds/:id/confirm', { when: 'before', how: 503 })
  t.equal((await post(replica)).statusCode, 201)
  await world.audit(t)
})

t.test('a peer that is gone is found out at once, and the key is given back', async (t) => {
  for (const peer of [inventory, payments]) {
    const replica = await world.replica(t)
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

t.test('compensation that meets silence is repeated until it is done, and refunds once', async (t) => {
  const replica = await world.replica(t, { PEER_TIMEOUT_MS: '100', RECOVERY_INTERVAL_MS: '50' })
  for (const fault of silences.slice(1)) {
    const refunds = payments.refunds
    inventory.expireNext = true
    payments.failNext('POST /charges/:id/refund', fault)
    inventory.failNext('DELETE /holds/:id', fault)
    const key = randomUUID()
    const reply = await post(replica, { key })
    t.match(reply.json(), { status: 409, code: 'hold_expired' }, `${fault.how} ${fault.when}`)
    await world.settled()
    t.equal(payments.refunds, refunds + 1)
    t.equal((await post(replica, { key })).body, reply.body)
  }
  for (const fault of silences.slice(1)) {
    payments.declineNext = true
    inventory.failNext('DELETE /holds/:id', fault)
    t.match((await post(replica)).json(), { status: 402 }, `${fault.how} ${fault.when}`)
  }
  await world.settled()
  await world.audit(t)
})

t.test('a decline whose reply was lost is still a decline', async (t) => {
  const replica = await world.replica(t, { PEER_TIMEOUT_MS: '100' })
  payments.declineNext = true
  payments.failNext('POST /charges', { when: 'after', how: 'hang' })
  t.match((await post(replica)).json(), { status: 402, code: 'payment_declined' })
  await world.settled()
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

t.test('a key whose order was named to somebody is not given back', async (t) => {
  const [first, second] = await Promise.all([world.replica(t), world.replica(t)])
  const key = randomUUID()
  inventory.delayMs = 600
  inventory.failNext('POST /holds', { when: 'before', how: 503 })
  const arrived = inventory.seen('POST /holds')
  const slow = post(first, { key })
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
  const [first, second] = await Promise.all([world.replica(t), world.replica(t)])
  const key = randomUUID()
  inventory.delayMs = 200
  inventory.failNext('POST /holds', { when: 'before', how: 503 })
  const arrived = inventory.seen('POST /holds')
  const slow = post(first, { key })
  await arrived
  const waiting = await post(second, { key })
  inventory.delayMs = 0
  t.match(waiting.json(), { status: 503, code: 'overloaded' })
  t.match((await slow).json(), { status: 503, code: 'overloaded' })
  t.equal((await post(second, { key })).statusCode, 201)
  await world.audit(t)
})

t.test('slow peers cost patience, not correctness', async (t) => {
  const replica = await world.replica(t)
  inventory.delayMs = 150
  payments.delayMs = 150
  const replies = await Promise.all([300, 450, 600, 750, 4000].map((timeoutMs) => post(replica, { timeoutMs })))
  for (const reply of replies) t.ok(reply.statusCode === 201 || reply.statusCode === 202, String(reply.statusCode))
  t.equal(replies.at(-1)?.statusCode, 201)
  inventory.delayMs = 0
  payments.delayMs = 0
  await world.endLeases()
  await world.settled()
  await world.audit(t)
})
