import t from 'tap'
import { catalogue, defineProblems, jitteredRetryAfterS, Problem, ProblemSchema, problemBody, problems, toProblem } from '../errors.ts'
import { Type } from '../schema.ts'
import type { Server } from '../service.ts'
import { built } from './helper.ts'

const own = defineProblems({ sold_out: [409, 'No tickets are left'] })
const Body = Type.Object({ qty: Type.Integer() }, { additionalProperties: false })

function shop(server: Server): void {
  server.get('/events/:id', async () => ({}))
  server.put('/events/:id', async () => ({}))
  server.post('/orders', { schema: { body: Body }, bodyLimit: 64 }, async () => {
    throw own.sold_out('only 2 left')
  })
  server.get('/busy', async () => {
    throw problems.overloaded('queue full', { retryAfterS: 10 })
  })
  server.get('/broken', async () => {
    throw new Error('password is hunter2')
  })
  server.get('/teapot', async () => {
    throw Object.assign(new Error('of some library'), { statusCode: 418 })
  })
}

const json = { 'content-type': 'application/json' }

t.test('a thrown problem is answered as a problem document', async (t) => {
  const { server } = await built(t, shop)
  const reply = await server.inject({ method: 'POST', url: '/orders?from=mail', payload: { qty: 3 } })
  t.equal(reply.statusCode, 409)
  t.equal(reply.headers['content-type'], 'application/problem+json')
  t.strictSame(reply.json(), {
    type: 'urn:headroom:problem:sold_out',
    title: 'No tickets are left',
    status: 409,
    code: 'sold_out',
    detail: 'only 2 left',
    instance: '/orders',
  })
  t.notOk('retry-after' in reply.headers, 'a retry would not help')
})

t.test('each refusal has its own code', async (t) => {
  const { server } = await built(t, shop)
  const post = (payload: string, headers: Record<string, string> = json) =>
    server.inject({ method: 'POST', url: '/orders', headers, payload })
  for (const [reply, status, code] of [
    [await post('{"qty":'), 400, 'malformed_request'],
    [await post(''), 400, 'malformed_request'],
    [await post('{"__proto__":{"a":1},"qty":1}'), 400, 'malformed_request'],
    [await post('{}'), 400, 'validation_failed'],
    [await post(`{"qty":${'1'.repeat(64)}}`), 413, 'body_too_large'],
    [await post('qty=1', { 'content-type': 'text/csv' }), 415, 'unsupported_media_type'],
    [await server.inject(`/events/${'x'.repeat(101)}`), 414, 'uri_too_long'],
    [await server.inject('/events/%zz'), 400, 'malformed_request'],
    [await server.inject('/teapot'), 400, 'malformed_request'],
    [await server.inject('/nowhere'), 404, 'route_not_found'],
  ] as const) {
    t.match([reply.statusCode, reply.json()], [status, { status, code }], code)
    t.equal(reply.headers['content-type'], 'application/problem+json', code)
  }
})

t.test('a validation error points at what is wrong', async (t) => {
  const { server } = await built(t, shop)
  for (const [payload, path, message] of [
    [{}, 'body/qty', "must have required property 'qty'"],
    [{ qty: 'x' }, 'body/qty', 'must be integer'],
    [{ qty: 1, price: 1 }, 'body/price', 'must NOT have additional properties'],
  ] as const) {
    const body = (await server.inject({ method: 'POST', url: '/orders', payload })).json()
    t.strictSame([body.errors, body.detail], [[{ path, message }], `${path} ${message}`])
  }
})

t.test('a wrong method is told from an unknown route, with the right ones', async (t) => {
  const { server } = await built(t, shop)
  const reply = await server.inject({ method: 'DELETE', url: '/events/a?x=1' })
  t.match([reply.statusCode, reply.json()], [405, { code: 'method_not_allowed', instance: '/events/a' }])
  t.strictSame(String(reply.headers.allow).split(', ').sort(), ['GET', 'HEAD', 'PUT'])
  const deeper = await server.inject({ method: 'DELETE', url: '/events/a/b' })
  t.equal(deeper.statusCode, 404)
  t.notOk('allow' in deeper.headers)
})

t.test('an unexpected error is answered without a word about it', async (t) => {
  const { server } = await built(t, shop)
  const reply = await server.inject('/broken')
  t.strictSame([reply.statusCode, reply.json().code], [500, 'internal_error'])
  t.notOk('detail' in reply.json())
  t.notMatch(reply.body + JSON.stringify(reply.headers), /hunter2/)
  t.notMatch((await server.inject('/teapot')).body, /some library/)
})

t.test('clients refused together are told different times within [s, 2s]', async (t) => {
  const { server } = await built(t, shop)
  const told = await Promise.all(Array.from({ length: 20 }, async () => Number((await server.inject('/busy')).headers['retry-after'])))
  t.ok(
    told.every((seconds) => Number.isInteger(seconds) && seconds >= 10 && seconds <= 20),
    told.join(),
  )
  const direct = Array.from({ length: 500 }, () => jitteredRetryAfterS(10))
  t.ok(new Set(direct).size >= 8, 'spread')
  t.strictSame([Math.min(...direct) >= 10, Math.max(...direct) <= 20], [true, true])
  t.equal(jitteredRetryAfterS(0), 1, 'never at once')
})

t.test("Fastify's refusals for lack of time or room are retried later, and keep their cause", async (t) => {
  const timeout = Object.assign(new Error('x'), { code: 'FST_ERR_HANDLER_TIMEOUT', statusCode: 503 })
  t.match(toProblem(timeout), { status: 503, code: 'deadline_exceeded', retryAfterS: 1 })
  t.equal(toProblem(timeout).cause, timeout)
  t.match(toProblem(Object.assign(new Error('x'), { code: 'FST_UNDER_PRESSURE' })), { status: 503, code: 'overloaded', retryAfterS: 1 })
  const problem = own.sold_out()
  t.equal(toProblem(problem), problem)
})

t.test('every problem makes a document that its schema knows, with the status of the catalogue', async (t) => {
  const known = Object.keys(ProblemSchema.properties)
  for (const [code, [status, title]] of Object.entries(catalogue)) {
    const problem = problems[code as keyof typeof catalogue]()
    t.ok(problem instanceof Problem && problem instanceof Error)
    const body = problemBody(problem, '/x')
    t.match(body, { code, status, title, type: `urn:headroom:problem:${code}` })
    t.strictSame(Object.keys(body).sort(), known.toSorted())
    t.match(code, /^[a-z]+(_[a-z]+)*$/)
  }
  t.equal(own.sold_out('why', { cause: 7 }).cause, 7)
  t.equal(own.sold_out().message, 'No tickets are left')
})
