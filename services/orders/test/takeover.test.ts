import { randomUUID } from 'node:crypto'
import t from 'tap'
import { post, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world
const eager = { RECOVERY_INTERVAL_MS: '20' }

t.test('an order that somebody works on is left alone', async (t) => {
  const [busy] = await Promise.all([world.replica(t), world.replica(t, eager)])
  payments.delayMs = 400
  const reply = await post(busy)
  payments.delayMs = 0
  t.equal(reply.statusCode, 201)
  t.match(await world.rows('SELECT claim FROM orders WHERE id = $1', [reply.json().id]), [{ claim: 0 }])
  await world.audit(t)
})

t.test('a worker that was taken for dead and comes back changes nothing', async (t) => {
  const [slow, other] = await Promise.all([world.replica(t), world.replica(t, eager)])
  for (const late of ['its answer', 'a refusal']) {
    const key = randomUUID()
    if (late === 'a refusal') inventory.failNext('POST /holds', { when: 'before', how: 503 })
    inventory.delayMs = 500
    const arrived = inventory.seen('POST /holds')
    const reply = post(slow, { key })
    await arrived
    inventory.delayMs = 0
    await world.endLeases()
    await world.settled()
    const [order] = await world.rows<{ id: string; state: string; claim: number }>('SELECT * FROM orders WHERE idempotency_key = $1', [key])
    t.match(order, { state: 'confirmed', claim: 1 }, `before ${late} comes`)
    const answered = await reply
    t.strictSame([answered.statusCode, answered.json().id], [201, order?.id], 'and its client learns how it ended')
    t.equal((await post(other, { key })).body, answered.body)
  }
  await world.audit(t)
})

t.test('a refusal that comes late cannot cancel what another replica is just finishing', async (t) => {
  const [slow] = await Promise.all([world.replica(t), world.replica(t, eager)])
  payments.delayMs = 400
  payments.failNext('POST /charges', { when: 'before', how: 503 })
  const refusing = payments.seen('POST /charges')
  const reply = post(slow)
  await refusing
  payments.delayMs = 0
  inventory.delayMs = 800
  const confirming = inventory.seen('POST /holds/:id/confirm')
  await world.endLeases()
  await confirming
  inventory.delayMs = 0
  t.equal((await reply).statusCode, 201, 'captured and confirmed by the other, although its row still said held')
  await world.settled()
  await world.audit(t)
})

t.test('a refusal of the second question says nothing about the first', async (t) => {
  const replica = await world.replica(t, eager)
  for (const [peer, call] of [
    [inventory, 'POST /holds'],
    [payments, 'POST /charges'],
  ] as const) {
    const faults = [{ when: 'after', how: 'reset' } as const, { when: 'before', how: 503 } as const]
    peer.fault = (name) => (name === call ? faults.shift() : undefined)
    const key = randomUUID()
    await post(replica, { key, timeoutMs: 600 })
    await world.settled()
    t.equal((await post(replica, { key })).statusCode, 201, call)
    peer.fault = () => undefined
  }
  await world.audit(t)
})
