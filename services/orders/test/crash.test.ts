import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import t from 'tap'
import { post, until, World } from './helper.ts'
import { kill, send, startVictim } from './victim.ts'

const world = await World.start(t)
const { inventory, payments } = world

const hold = 'POST /holds'
const charge = 'POST /charges'
const confirm = 'POST /holds/:id/confirm'
const release = 'DELETE /holds/:id'
const refund = 'POST /charges/:id/refund'

const points = [
  { peer: inventory, call: hold, end: 201 },
  { peer: payments, call: charge, end: 201 },
  { peer: inventory, call: confirm, end: 201 },
  { peer: inventory, call: release, end: 402 },
  { peer: payments, call: refund, end: 409 },
  { peer: inventory, call: release, end: 409 },
].flatMap((point) => [
  { ...point, when: 'before' as const },
  { ...point, when: 'after' as const },
])

t.test('an order killed at any point is brought to its end by another replica', async (t) => {
  const victim = await startVictim(world, t)
  const keys: string[] = []
  for (const { peer, call, when, end } of points) {
    payments.declineNext = end === 402
    inventory.expireNext = end === 409
    peer.failNext(call, { when, how: 'hang' })
    const reached = peer.seen(call)
    const key = randomUUID()
    keys.push(key)
    void send(victim, key)
    await reached
  }
  await kill(victim)
  const states = await world.rows<{ state: string }>('SELECT DISTINCT state FROM orders ORDER BY state')
  t.strictSame(
    states.map(({ state }) => state),
    ['cancelling', 'held', 'pending', 'refunding'],
    'every state that a crash can leave',
  )
  const other = await world.replica(t, { RECOVERY_INTERVAL_MS: '20' })
  await world.endLeases()
  await world.settled()
  for (const [index, key] of keys.entries()) {
    const { call, when, end } = points[index] as (typeof points)[0]
    t.equal((await post(other, { key })).statusCode, end, `killed ${when} ${call}`)
  }
  await world.audit(t)
  await world.published()
})

t.test('SIGTERM in the middle of orders: all are answered, then it exits 0', async (t) => {
  const leaving = await startVictim(world, t)
  const charges = () => payments.calls.filter((call) => call === charge).length
  const before = charges()
  // Long enough that the first of them still waits when the last has arrived.
  payments.delayMs = 1000
  const replies = Array.from({ length: 10 }, () => send(leaving, randomUUID()))
  // Only those that have arrived by then are promised an answer.
  await until(() => charges() === before + 10)
  const exited = once(leaving.child, 'exit')
  leaving.child.kill('SIGTERM')
  for (const reply of await Promise.all(replies)) t.equal(reply?.status, 201)
  t.strictSame(await exited, [0, null])
  payments.delayMs = 0
  await world.audit(t)
})
