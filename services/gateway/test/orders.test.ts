import type { InjectOptions } from 'fastify'
import t from 'tap'
import { problem } from './fake-peer.ts'
import { buy, open, order, wanted } from './helper.ts'

t.test('POST /api/orders passes the order, its key, trace and deadline on, and the answer back', async (t) => {
  const { server, orders } = await open(t)
  const reply = await server.inject(buy('key-1', { ...wanted, buyer: 'Ada' }))
  t.equal(reply.statusCode, 201)
  t.strictSame(reply.json(), order)
  const [seen] = orders.seen
  t.match(seen, { method: 'POST', path: '/orders', headers: { 'idempotency-key': 'key-1', traceparent: /^00-/ } })
  t.ok(Number(seen?.headers['x-request-timeout-ms']) <= 1000)
  t.strictSame(JSON.parse(seen?.body ?? ''), { ...wanted, buyer: 'Ada' })
})

t.test('an outcome that is not known yet is passed on as 202', async (t) => {
  const { server } = await open(t, { orders: () => ({ status: 202, body: { ...order, state: 'pending' } }) })
  const reply = await server.inject(buy('key-1'))
  t.equal(reply.statusCode, 202)
  t.equal(reply.json().state, 'pending')
})

for (const [status, code] of [
  [400, 'validation_failed'],
  [402, 'payment_declined'],
  [404, 'tier_not_found'],
  [409, 'sold_out'],
  [422, 'idempotency_key_reused'],
  [503, 'overloaded'],
  [503, 'dependency_unavailable'],
] as const) {
  t.test(`orders' ${status} ${code} is passed on once, with its Retry-After and the URL the buyer asked`, async (t) => {
    const body = problem(status, code, { detail: 'why' })
    const { server, orders } = await open(t, { orders: () => ({ status, body, headers: { 'retry-after': '7' } }) })
    const reply = await server.inject(buy('key-1'))
    t.equal(reply.statusCode, status)
    t.match(reply.headers, { 'content-type': /^application\/problem\+json/, 'retry-after': '7' })
    t.strictSame(reply.json(), { ...body, instance: '/api/orders' })
    t.equal(orders.seen.length, 1)
  })
}

t.test('an order that was placed is shown whatever fields this release of orders has', async (t) => {
  const { createdAt, ...older } = order
  const newer = { ...order, seats: ['A1'] }
  for (const body of [older, newer]) {
    const { server } = await open(t, { orders: () => ({ status: 201, body }) })
    const reply = await server.inject(buy('key-1'))
    t.equal(reply.statusCode, 201)
    t.strictSame(reply.json(), body)
    t.match(reply.headers['content-type'], /^application\/json/)
  }
  t.ok(createdAt)
})

t.test('an answer that orders does not document is not shown', async (t) => {
  const { server } = await open(t, { orders: () => ({ status: 418, body: { stack: 'at line 7' } }) })
  const reply = await server.inject(buy('key-1'))
  t.match(reply.json(), { status: 503, code: 'dependency_unavailable' })
  t.notMatch(reply.body, /line/)
})

for (const mode of ['slow', 'reset', 'absent'] as const) {
  t.test(`when orders is ${mode}, the buyer is told to repeat the request later`, async (t) => {
    const { server, orders } = await open(t)
    if (mode === 'absent') await orders.close()
    else orders.mode = mode
    const reply = await server.inject(buy('key-1'))
    t.match(reply.json(), { status: 503, code: 'dependency_unavailable' })
    t.match(reply.headers['retry-after'], /^[12]$/)
  })
}

t.test('bad input is refused with the documented problem and reaches nobody', async (t) => {
  const { server, orders } = await open(t)
  const bad = async (request: InjectOptions, status: number, code: string, path?: string) => {
    const reply = await server.inject(request)
    t.equal(reply.statusCode, status, code)
    t.match(reply.json(), { status, code, ...(path === undefined ? {} : { errors: [{ path }] }) })
    t.match(reply.headers['content-type'], /^application\/problem\+json/)
  }
  const raw = (payload: string, headers = {}) => ({
    ...buy('k'),
    payload,
    headers: { 'idempotency-key': 'k', 'content-type': 'application/json', ...headers },
  })
  await bad({ method: 'POST', url: '/api/orders', payload: wanted }, 400, 'idempotency_key_missing')
  await bad(buy(''), 400, 'validation_failed', 'headers/idempotency-key')
  await bad(buy('a b'), 400, 'validation_failed', 'headers/idempotency-key')
  await bad(buy('k'.repeat(256)), 400, 'validation_failed', 'headers/idempotency-key')
  await bad(raw('{"eventId":'), 400, 'malformed_request')
  await bad(raw(''), 400, 'malformed_request')
  await bad(raw('[]'), 400, 'validation_failed', 'body')
  await bad(raw('{}', { 'content-type': 'text/xml' }), 415, 'unsupported_media_type')
  await bad(raw(JSON.stringify({ ...wanted, buyer: 'x'.repeat(70_000) })), 413, 'body_too_large')
  await bad(buy('k', { ...wanted, quantity: '2' }), 400, 'validation_failed', 'body/quantity')
  await bad(buy('k', { ...wanted, quantity: 0 }), 400, 'validation_failed', 'body/quantity')
  await bad(buy('k', { ...wanted, quantity: 5 }), 400, 'validation_failed', 'body/quantity')
  await bad(buy('k', { ...wanted, quantity: 1.5 }), 400, 'validation_failed', 'body/quantity')
  await bad(buy('k', { ...wanted, eventId: undefined }), 400, 'validation_failed', 'body/eventId')
  await bad(buy('k', { ...wanted, eventId: 'A B' }), 400, 'validation_failed', 'body/eventId')
  await bad(buy('k', { ...wanted, tierId: 7 }), 400, 'validation_failed', 'body/tierId')
  await bad(buy('k', { ...wanted, buyer: '' }), 400, 'validation_failed', 'body/buyer')
  await bad(buy('k', { ...wanted, buyer: 'a\nb' }), 400, 'validation_failed', 'body/buyer')
  await bad(buy('k', { ...wanted, priceCents: 1 }), 400, 'validation_failed', 'body/priceCents')
  await bad({ method: 'GET', url: '/api/orders' }, 405, 'method_not_allowed')
  await bad({ method: 'POST', url: '/api/order' }, 404, 'route_not_found')
  t.equal(orders.seen.length, 0)
})
