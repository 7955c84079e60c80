import { randomUUID } from 'node:crypto'
import t from 'tap'
import type { Fault } from './fake.ts'
import { post, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world
const [patient, impatient] = await Promise.all([world.replica(t), world.replica(t, { PEER_TIMEOUT_MS: '200' })])

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
      const replica = fault.how === 'hang' ? impatient : patient
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
  const replica = impatient
  payments.declineNext = true
  payments.failNext('POST /charges', { when: 'after', how: 'hang' })
  t.match((await post(replica)).json(), { status: 402, code: 'payment_declined' })
  await world.settled()
  await world.audit(t)
})

t.test('slow peers cost patience, not correctness', async (t) => {
  const replica = patient
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
