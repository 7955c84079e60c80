import t from 'tap'
import { problem } from './fake-peer.ts'
import { open, order } from './helper.ts'

t.test('GET /api/orders/{id} passes the order on', async (t) => {
  const { server, orders } = await open(t, { orders: () => ({ status: 200, body: order }) })
  const reply = await server.inject(`/api/orders/${order.id}`)
  t.equal(reply.statusCode, 200)
  t.strictSame(reply.json(), order)
  t.match(orders.seen, [{ method: 'GET', path: `/orders/${order.id}` }])
})

t.test('an order nobody knows is 404', async (t) => {
  const { server } = await open(t, { orders: () => ({ status: 404, body: problem(404, 'order_not_found') }) })
  t.match((await server.inject(`/api/orders/${order.id}`)).json(), { code: 'order_not_found', instance: `/api/orders/${order.id}` })
})

t.test('an id that is none is refused before orders is asked', async (t) => {
  const { server, orders } = await open(t)
  for (const id of ['1', order.id.toUpperCase(), `${order.id}0`, '..%2f..%2fmetrics'])
    t.match((await server.inject(`/api/orders/${id}`)).json(), { status: 400, code: 'validation_failed' }, id)
  t.equal(orders.seen.length, 0)
})

t.test('when orders is gone, so is the answer', async (t) => {
  const { server, orders } = await open(t)
  await orders.close()
  t.match((await server.inject(`/api/orders/${order.id}`)).json(), { status: 503, code: 'dependency_unavailable' })
})
