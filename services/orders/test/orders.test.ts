import { randomUUID } from 'node:crypto'
import t from 'tap'
import { post, request, World } from './helper.ts'

const world = await World.start(t)
const unknownId = '00000000-0000-4000-8000-000000000000'

t.test('an order goes through and can be read', async (t) => {
  const replica = await world.replica(t)
  const reply = await post(replica)
  t.equal(reply.statusCode, 201)
  t.equal(reply.headers['content-type'], 'application/json; charset=utf-8')
  const order = reply.json()
  t.strictSame(order, { ...order, ...request, state: 'confirmed', amountCents: 15_800, currency: 'EUR' })
  t.strictSame(Object.keys(order).sort(), ['amountCents', 'createdAt', 'currency', 'eventId', 'id', 'quantity', 'state', 'tierId'])
  const read = await replica.server.inject(`/orders/${order.id}`)
  t.equal(read.statusCode, 200)
  t.strictSame(read.json(), order)
  await world.published()
  t.equal(world.catalog.sold.get(order.id), 2)
  const steps = await world.rows<{ to_state: string }>('SELECT to_state FROM saga_log WHERE order_id = $1 ORDER BY seq', [order.id])
  t.strictSame(
    steps.map(({ to_state }) => to_state),
    ['pending', 'held', 'charged', 'confirmed'],
  )
  await world.audit(t)
})

t.test('a declined payment cancels the order and gives the tickets back', async (t) => {
  const replica = await world.replica(t)
  world.payments.declineNext = true
  const key = randomUUID()
  const reply = await post(replica, { key })
  t.match({ ...reply.json(), type: reply.headers['content-type'] }, { status: 402, code: 'payment_declined', instance: '/orders' })
  t.equal(reply.headers['content-type'], 'application/problem+json')
  const again = await post(replica, { key })
  t.equal(again.statusCode, 402)
  t.equal(again.body, reply.body)
  const [order] = await world.rows<{ id: string }>('SELECT id FROM orders WHERE idempotency_key = $1', [key])
  t.match((await replica.server.inject(`/orders/${order?.id}`)).json(), { state: 'cancelled', reason: 'payment_declined' })
  await world.audit(t)
})

t.test('what is sold out, or unknown to inventory, cancels the order', async (t) => {
  const replica = await world.replica(t)
  world.inventory.stock = world.inventory.taken + 1
  const soldOut = await post(replica)
  t.match(soldOut.json(), { status: 409, code: 'sold_out' })
  t.equal((await post(replica, { body: { ...request, quantity: 1 } })).statusCode, 201, 'the last one')
  world.inventory.stock = 1_000_000
  const gone = await post(replica, { body: { eventId: 'gone', tierId: 'gone-floor', quantity: 1 } })
  t.match(gone.json(), { status: 404, code: 'tier_not_found' })
  await world.audit(t)
})

t.test('a hold that ran out before it was confirmed is refunded once', async (t) => {
  const replica = await world.replica(t)
  world.inventory.expireNext = true
  const before = world.payments.refunds
  const key = randomUUID()
  const reply = await post(replica, { key })
  t.match(reply.json(), { status: 409, code: 'hold_expired' })
  t.equal((await post(replica, { key })).body, reply.body)
  t.equal(world.payments.refunds, before + 1)
  await world.audit(t)
})

t.test('an event or tier that catalog does not have makes no order', async (t) => {
  const replica = await world.replica(t)
  const count = await world.rows('SELECT count(*) FROM orders')
  const key = randomUUID()
  for (const body of [
    { ...request, eventId: 'no-such-event' },
    { ...request, tierId: 'harbor-jazz-floor' },
  ])
    t.match((await post(replica, { key, body })).json(), { status: 404, code: 'tier_not_found' })
  t.strictSame(await world.rows('SELECT count(*) FROM orders'), count)
  t.equal((await post(replica, { key })).statusCode, 201, 'the key was not used')
})

t.test('bad requests are refused and change nothing', async (t) => {
  const replica = await world.replica(t)
  const count = await world.rows('SELECT count(*) FROM orders')
  const calls = world.inventory.calls.length
  const bad: [string, unknown][] = [
    ['no body', undefined],
    ['array', []],
    ['text', 'x'],
    ['empty', {}],
    ['no quantity', { ...request, quantity: undefined }],
    ['quantity 0', { ...request, quantity: 0 }],
    ['quantity 5', { ...request, quantity: 5 }],
    ['quantity 1.5', { ...request, quantity: 1.5 }],
    ['quantity as text', { ...request, quantity: '2' }],
    ['unknown property', { ...request, priceCents: 1 }],
    ['event id', { ...request, eventId: '../secret' }],
    ['long id', { ...request, eventId: 'a'.repeat(65) }],
    ['NUL', { ...request, buyer: 'a\u0000b' }],
    ['long buyer', { ...request, buyer: 'a'.repeat(201) }],
    ['null', { ...request, tierId: null }],
  ]
  for (const [name, body] of bad) {
    const headers = { 'idempotency-key': randomUUID(), 'content-type': 'application/json' }
    const reply = await replica.server.inject({ method: 'POST', url: '/orders', headers, payload: JSON.stringify(body) })
    t.match({ type: reply.headers['content-type'], ...reply.json() }, { status: 400, code: /validation_failed|malformed_request/ }, name)
  }
  const payload = request
  const missing = await replica.server.inject({ method: 'POST', url: '/orders', payload })
  t.match(missing.json(), { status: 400, code: 'idempotency_key_missing' })
  for (const key of ['', 'with space', 'a'.repeat(256), 'schlüssel', 'tab\t']) {
    const reply = await replica.server.inject({ method: 'POST', url: '/orders', headers: { 'idempotency-key': key }, payload })
    t.match(reply.json(), { status: 400, code: 'validation_failed' }, JSON.stringify(key))
  }
  for (const timeoutMs of [0, -5]) t.match((await post(replica, { timeoutMs })).json(), { status: 503, code: 'deadline_exceeded' })
  const late = await post(replica, { timeoutMs: 100 })
  t.match(late.json(), { status: 503, code: 'deadline_exceeded' }, 'too little time to begin')
  t.ok(late.headers['retry-after'])
  t.strictSame(await world.rows('SELECT count(*) FROM orders'), count)
  t.equal(world.inventory.calls.length, calls)
})

t.test('buyers of any script and keys of full length are fine', async (t) => {
  const replica = await world.replica(t)
  const body = { ...request, buyer: 'Zoë 李 🎫 \ud800' }
  const key = '~'.repeat(255)
  const reply = await post(replica, { key, body })
  t.equal(reply.statusCode, 201)
  t.equal((await post(replica, { key, body })).body, reply.body)
})

t.test('an order that does not exist is not found', async (t) => {
  const { server } = await world.replica(t)
  t.match((await server.inject(`/orders/${unknownId}`)).json(), { status: 404, code: 'order_not_found' })
  for (const id of ['1', 'x'.repeat(36), unknownId.toUpperCase().replace('0', 'G'), `${unknownId}0`])
    t.match((await server.inject(`/orders/${id}`)).json(), { status: 400, code: 'validation_failed' }, id)
})

t.test('an old price counts while catalog is away; an event never seen cannot be ordered then', async (t) => {
  const replica = await world.replica(t, { PRICE_TTL_MS: '1' })
  await post(replica)
  world.catalog.fault = () => ({ when: 'before', how: 'reset' })
  t.equal((await post(replica)).statusCode, 201)
  const fresh = await world.replica(t)
  const key = randomUUID()
  const reply = await post(fresh, { key })
  t.match(reply.json(), { status: 503, code: 'dependency_unavailable' })
  t.ok(reply.headers['retry-after'])
  world.catalog.fault = () => ({ when: 'before', how: 503 })
  t.match((await post(fresh, { key })).json(), { status: 503, code: 'overloaded' })
  world.catalog.fault = () => undefined
  const placed = await post(fresh, { key })
  t.equal(placed.statusCode, 201)
  world.catalog.fault = () => ({ when: 'before', how: 'reset' })
  const newest = await world.replica(t)
  t.equal((await post(newest, { key })).body, placed.body, 'the reply of a known key needs no price')
  world.catalog.fault = () => undefined
})

t.test('the price of the moment is charged and kept', async (t) => {
  const replica = await world.replica(t, { PRICE_TTL_MS: '1' })
  const key = randomUUID()
  const first = await post(replica, { key })
  world.catalog.floorCents = 9900
  await post(replica)
  const later = await post(replica)
  t.equal(later.json().amountCents, 19_800)
  t.equal((await post(replica, { key })).body, first.body)
  await world.audit(t)
})
