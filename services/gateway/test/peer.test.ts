import { setTimeout as delay } from 'node:timers/promises'
import { problems } from '@headroom/kit/errors'
import t from 'tap'
import { breakerVolumeMin, Peer } from '../lib/peer.ts'
import { buy, event, metric, open, order } from './helper.ts'

t.test('a peer that keeps failing is left alone, its last good answer is shown meanwhile, and it is asked again later', async (t) => {
  const { server, catalog, service } = await open(t)
  await server.inject('/api/events')
  catalog.mode = 'error'
  for (let i = 0; i <= breakerVolumeMin; i++) t.equal((await server.inject('/api/events')).statusCode, 200)
  t.equal(await metric(service, 'http_client_catalog_breaker_open'), 1)
  const asked = catalog.seen.length
  t.strictSame((await server.inject('/api/events')).json(), { events: [event], degraded: true })
  t.match(
    (await server.inject(`/api/events/${event.id}`)).json(),
    { status: 503, code: 'dependency_unavailable' },
    'nothing to show for this one',
  )
  t.equal(catalog.seen.length, asked, 'nothing was sent')
  catalog.mode = 'ok'
  const giveUpAt = performance.now() + 8000
  while ((await server.inject('/api/events')).json().degraded !== false) {
    if (performance.now() > giveUpAt) return t.fail('catalog is never asked again')
    await delay(50)
  }
  t.equal(await metric(service, 'http_client_catalog_breaker_open'), 0)
})

t.test('retries add at most a fifth to the calls, and only to those that may happen twice', async (t) => {
  let failing = false
  const { server, orders, service } = await open(t, {
    orders: () => (failing ? { status: 500, body: {} } : { status: 201, body: order }),
  })
  for (let i = 0; i < 20; i++) await server.inject(buy(`good-${i}`))
  t.equal(orders.seen.length, 20)
  failing = true
  for (let i = 0; i < 10; i++) t.equal((await server.inject(buy(`bad-${i}`))).statusCode, 503)
  const retries = orders.seen.length - 30
  t.ok(retries > 0 && retries <= 30 * 0.2, `${retries} retries for 30 calls`)
  t.equal(await metric(service, 'http_client_orders_retries_total'), retries)
  const perKey = Map.groupBy(orders.seen, ({ headers }) => headers['idempotency-key'])
  t.ok(
    [...perKey.values()].every((calls) => calls.length <= 3 && new Set(calls.map(({ body }) => body)).size === 1),
    'the same call, at most three times',
  )
})

t.test('a broken connection costs no buyer an order once retries were earned', async (t) => {
  let resets = 1
  const { server, orders } = await open(t)
  for (let i = 0; i < 5; i++) await server.inject(buy(`good-${i}`))
  orders.mode = 'reset'
  const { push } = orders.seen
  orders.seen.push = (...seen) => {
    if (resets-- === 0) orders.mode = 'ok'
    return push.apply(orders.seen, seen)
  }
  t.equal((await server.inject(buy('key-1'))).statusCode, 201)
  t.equal(orders.seen.filter(({ headers }) => headers['idempotency-key'] === 'key-1').length, 2)
})

t.test('callers in a hurry do not open the breaker for everybody', async (t) => {
  const { server, orders, service } = await open(t)
  orders.mode = 'slow'
  const hurried = { ...buy('key-1'), headers: { 'idempotency-key': 'key-1', 'x-request-timeout-ms': '20' } }
  await Promise.all(Array.from({ length: breakerVolumeMin * 2 }, () => server.inject(hurried)))
  t.equal(await metric(service, 'http_client_orders_breaker_open'), 0)
  orders.mode = 'ok'
  t.equal((await server.inject(buy('key-2'))).statusCode, 201)
})

t.test('a peer at its limit is not taken for one that fails', async (t) => {
  const { server, orders, service } = await open(t)
  orders.mode = 'overloaded'
  for (let i = 0; i <= breakerVolumeMin; i++) {
    const reply = await server.inject(buy(`key-${i}`))
    t.equal(reply.json().code, 'overloaded')
    t.equal(reply.headers['retry-after'], '3')
  }
  t.equal(orders.seen.length, breakerVolumeMin + 1, 'nor asked again before the time it names')
  t.equal(await metric(service, 'http_client_orders_breaker_open'), 0)
})

t.test('business answers, however many, do not open the breaker', async (t) => {
  const { server, service } = await open(t)
  for (let i = 0; i <= breakerVolumeMin; i++) await server.inject('/api/events/nowhere')
  t.equal(await metric(service, 'http_client_catalog_breaker_open'), 0)
})

t.test('a call whose deadline has passed is not sent again, and what was said of the first attempt stands', async (t) => {
  const context = { traceparent: '', deadlineAt: performance.now() + 5000 }
  let calls = 0
  const broken = Object.assign(new Error('reset'), { code: 'ECONNRESET' })
  const client = {
    name: 'orders',
    call: async () => {
      calls++
      context.deadlineAt = performance.now() - 1
      throw problems.dependency_unavailable('orders does not answer', { cause: broken })
    },
  }
  const peer = new Peer(client, 1000)
  t.teardown(() => peer.close())
  for (let i = 0; i < 10; i++) {
    context.deadlineAt = performance.now() + 5000
    await t.rejects(peer.ask(context, { method: 'GET', path: '/' }), { code: 'dependency_unavailable' })
  }
  t.same([calls, peer.retries], [10, 0])
})

t.test('a call that is sent again says how often it was before, for its span', async (t) => {
  const sent: (number | undefined)[] = []
  let status = 200
  const peer = new Peer(
    {
      name: 'orders',
      call: async (_context: unknown, { resendCount }: { resendCount?: number }) => {
        sent.push(resendCount)
        return { status, headers: {}, body: {} }
      },
    },
    1000,
  )
  t.teardown(() => peer.close())
  const ask = () => peer.ask({ traceparent: '', deadlineAt: performance.now() + 4000 }, { method: 'GET', path: '/' })
  for (let i = 0; i < 15; i++) await ask()
  status = 503
  t.equal((await ask()).status, 503)
  t.strictSame(sent.slice(15), [undefined, 1, 2])
})
