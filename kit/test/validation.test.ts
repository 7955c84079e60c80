import t from 'tap'
import { Type } from '../schema.ts'
import type { Server } from '../service.ts'
import { built } from './helper.ts'

const Body = Type.Object(
  { qty: Type.Integer({ minimum: 1 }), gift: Type.Optional(Type.Boolean({ default: false })) },
  { additionalProperties: false },
)
const Query = Type.Object(
  { limit: Type.Integer({ default: 10, maximum: 50 }), all: Type.Optional(Type.Boolean()), tags: Type.Optional(Type.Array(Type.String())) },
  { additionalProperties: false },
)

/** Routes that answer what the validator made of the request. */
function echo(server: Server): void {
  server.post('/orders', { schema: { body: Body } }, async (request) => request.body)
  server.get('/orders', { schema: { querystring: Query } }, async (request) => request.query)
  server.get('/orders/:number', { schema: { params: Type.Object({ number: Type.Integer() }) } }, async (request) => request.params)
  server.get('/headed', { schema: { headers: Type.Object({ 'x-count': Type.Integer() }) } }, async () => ({}))
}

t.test('a body is taken as it is: no text for a number, no number for a boolean', async (t) => {
  const { server } = await built(t, echo)
  for (const [body, path] of [
    [{ qty: '3' }, 'body/qty'],
    [{ qty: 3.5 }, 'body/qty'],
    [{ qty: null }, 'body/qty'],
    [{ qty: true }, 'body/qty'],
    [{ qty: 3, gift: 'true' }, 'body/gift'],
    [{ qty: 3, gift: 1 }, 'body/gift'],
    [{}, 'body/qty'],
    [[{ qty: 3 }], 'body'],
  ] as const) {
    const reply = await server.inject({ method: 'POST', url: '/orders', payload: body as object })
    t.match([reply.statusCode, reply.json()], [400, { code: 'validation_failed', errors: [{ path }] }], JSON.stringify(body))
    t.equal(reply.json().errors[0].path, path)
  }
})

t.test('an unknown property of a body is refused, not dropped in silence', async (t) => {
  const { server } = await built(t, echo)
  const reply = await server.inject({ method: 'POST', url: '/orders', payload: { qty: 3, price: 1 } })
  t.equal(reply.statusCode, 400)
  t.strictSame(reply.json().errors, [{ path: 'body/price', message: 'must NOT have additional properties' }])
})

t.test('a good body passes, with the defaults of what it leaves out', async (t) => {
  const { server } = await built(t, echo)
  const reply = await server.inject({ method: 'POST', url: '/orders', payload: { qty: 3 } })
  t.equal(reply.statusCode, 200)
  t.strictSame(reply.json(), { qty: 3, gift: false })
})

t.test('a query string is text, so it is coerced', async (t) => {
  const { server } = await built(t, echo)
  t.strictSame((await server.inject('/orders?limit=3&all=true&tags=a')).json(), { limit: 3, all: true, tags: ['a'] })
  t.strictSame((await server.inject('/orders?tags=a&tags=b')).json(), { limit: 10, tags: ['a', 'b'] })
})

t.test('a query string that cannot be coerced, exceeds a bound or is unknown is refused', async (t) => {
  const { server } = await built(t, echo)
  for (const [query, path] of [
    ['limit=many', 'querystring/limit'],
    ['limit=', 'querystring/limit'],
    ['limit=51', 'querystring/limit'],
    ['limit=1&limit=2', 'querystring/limit'],
    ['offset=1', 'querystring/offset'],
  ] as const) {
    const reply = await server.inject(`/orders?${query}`)
    t.equal(reply.statusCode, 400, query)
    t.equal(reply.json().errors?.[0].path, path, query)
  }
})

t.test('parameters and headers are not coerced either', async (t) => {
  const { server } = await built(t, echo)
  const parameter = await server.inject('/orders/3')
  t.match([parameter.statusCode, parameter.json().detail], [400, 'params/number must be integer'])
  const header = await server.inject({ url: '/headed', headers: { 'x-count': '3' } })
  t.match([header.statusCode, header.json().detail], [400, 'headers/x-count must be integer'])
})
