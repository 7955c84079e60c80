import { randomUUID } from 'node:crypto'
import type { Service } from '@headroom/kit/service'
import { insist } from '@headroom/kit/testing'
import t from 'tap'
import { requestHash } from '../lib/idempotency.ts'
import { post, request, World } from './helper.ts'

const world = await World.start(t)

t.test('the same key with the same body gives the same bytes; with another body it is refused', async (t) => {
  const [first, second] = await Promise.all([world.replica(t), world.replica(t)])
  const key = randomUUID()
  const reply = await post(first, { key })
  for (const replica of [first, second]) {
    const again = await post(replica, { key, body: { quantity: 2, tierId: request.tierId, eventId: request.eventId } })
    t.strictSame([again.statusCode, again.headers['content-type'], again.body], [201, reply.headers['content-type'], reply.body])
    for (const body of [
      { ...request, quantity: 1 },
      { ...request, tierId: 'aurora-live-balcony' },
      { ...request, buyer: 'somebody' },
    ])
      t.match((await post(replica, { key, body })).json(), { status: 422, code: 'idempotency_key_reused' })
  }
  t.equal(world.payments.charges.size, 1)
  await world.audit(t)
})

t.test('60 keys x 5 at once over 3 replicas make 60 orders whose replies agree', async (t) => {
  const replicas = await Promise.all([1, 2, 3].map(() => world.replica(t)))
  const before = world.payments.charges.size
  const keys = Array.from({ length: 60 }, () => randomUUID())
  const sendFive = (key: string) => Promise.all([0, 1, 2, 3, 4].map((i) => insist(() => post(replicas[i % 3] as Service, { key }))))
  const groups: Awaited<ReturnType<typeof sendFive>>[] = []
  // Twelve keys at a time, so that little is shed; what is has no reply yet, and is asked again.
  for (let i = 0; i < keys.length; i += 12) groups.push(...(await Promise.all(keys.slice(i, i + 12).map(sendFive))))
  for (const [index, replies] of groups.entries()) {
    const distinct = new Set(replies.map(({ statusCode, body }) => `${statusCode} ${body}`))
    t.equal(distinct.size, 1, `key ${index}: ${[...distinct].join(' | ')}`)
    t.equal(replies[0]?.statusCode, 201)
  }
  const ids = new Set(groups.map(([reply]) => reply?.json().id))
  t.equal(ids.size, 60)
  t.equal(world.payments.charges.size, before + 60)
  await world.audit(t)
})

t.test('of two bodies under one key at once, one becomes the order and the other is refused', async (t) => {
  const replicas = await Promise.all([1, 2].map(() => world.replica(t)))
  for (let round = 0; round < 10; round++) {
    const key = randomUUID()
    const replies = await Promise.all(replicas.map((replica, i) => post(replica, { key, body: { ...request, quantity: i + 1 } })))
    t.strictSame(replies.map(({ statusCode }) => statusCode).sort(), [201, 422])
  }
  await world.audit(t)
})

t.test('a 404 is no reply of its key, whoever knows no such tier', async (t) => {
  const [first, second] = await Promise.all([world.replica(t), world.replica(t)])
  const unknown = {
    'the price list': { ...request, tierId: 'no-such-tier' },
    inventory: { ...request, eventId: 'gone', tierId: 'gone-floor' },
  }
  for (const [who, body] of Object.entries(unknown)) {
    const key = randomUUID()
    const replies = await Promise.all([first, first, second].map((replica) => post(replica, { key, body })))
    for (const reply of replies) t.match(reply.json(), { status: 404, code: 'tier_not_found' }, who)
    t.strictSame(await world.rows('SELECT 1 FROM orders WHERE idempotency_key = $1', [key]), [])
    t.equal((await post(second, { key })).statusCode, 201, `${who}: another body may`)
    t.equal((await post(first, { key, body })).statusCode, 422, `${who}: and then the key is used`)
  }
  await world.audit(t)
})

t.test('whoever waits for an order of what does not exist is told so', async (t) => {
  const [first, second] = await Promise.all([world.replica(t), world.replica(t)])
  const sent = { key: randomUUID(), body: { ...request, eventId: 'gone', tierId: 'gone-floor' } }
  world.inventory.delayMs = 200
  const arrived = world.inventory.seen('POST /holds')
  const replies = [post(first, sent)]
  await arrived
  replies.push(post(second, sent))
  for (const reply of await Promise.all(replies)) t.match(reply.json(), { status: 404, code: 'tier_not_found' })
  world.inventory.delayMs = 0
})

t.test('a reply that was lost is found under its key, whatever the replica', async (t) => {
  const [first, second] = await Promise.all([world.replica(t), world.replica(t)])
  const key = randomUUID()
  const lost = post(first, { key })
  const [row] = await waitFor(() => world.rows<{ id: string }>('SELECT id FROM orders WHERE idempotency_key = $1', [key]))
  const found = await post(second, { key })
  t.strictSame([found.statusCode, found.json().id], [201, row?.id])
  t.equal((await lost).body, found.body)
})

t.test('a key can make another order once its time is over and its order finished', async (t) => {
  const replica = await world.replica(t)
  const key = randomUUID()
  const first = (await post(replica, { key })).json()
  await world.rows("UPDATE orders SET key_expires_at = now() - interval '1 second' WHERE idempotency_key = $1", [key])
  const replies = await Promise.all([1, 2, 3].map(() => post(replica, { key, body: { ...request, quantity: 1 } })))
  const second = replies[0]?.json()
  for (const reply of replies) t.strictSame([reply.statusCode, reply.json().id], [201, second.id])
  t.not(second.id, first.id)
  t.match((await replica.server.inject(`/orders/${first.id}`)).json(), { id: first.id, state: 'confirmed' }, 'the first is still there')
  t.equal((await post(replica, { key })).statusCode, 422, 'the key stands for the second now')
  await world.audit(t)
})

t.test('a key lasts as long as IDEMPOTENCY_TTL_S says', async (t) => {
  const replica = await world.replica(t, { IDEMPOTENCY_TTL_S: '120' })
  const key = randomUUID()
  await post(replica, { key })
  const [row] = await world.rows<{ s: number }>(
    'SELECT extract(epoch FROM key_expires_at - created_at)::float8 AS s FROM orders WHERE idempotency_key = $1',
    [key],
  )
  t.equal(row?.s, 120)
})

t.test('the fingerprint tells every field apart', (t) => {
  const bodies = [
    request,
    { ...request, quantity: 1 },
    { ...request, buyer: 'a' },
    { ...request, buyer: 'null' },
    { ...request, eventId: 'aurora-live"' },
  ]
  t.equal(new Set(bodies.map(requestHash)).size, bodies.length)
  t.equal(requestHash({ ...request }), requestHash({ quantity: 2, tierId: request.tierId, eventId: request.eventId, buyer: undefined }))
  t.end()
})

async function waitFor<T>(read: () => Promise<T[]>): Promise<T[]> {
  for (;;) {
    const rows = await read()
    if (rows.length > 0) return rows
  }
}
