import type { IncomingMessage, RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { deadlineHeader } from '../deadlines.ts'
import { newTraceparent } from '../tracing.ts'
import { metric, until } from './helper.ts'
import { client, closingPeer, context, failure, peer } from './peer.ts'

const slackMs = 400

t.test('a call carries deadline, trace, body and idempotency key; any status is an answer', async (t) => {
  const requests: { message: IncomingMessage; body: string }[] = []
  const url = await peer(t, async (message, reply) => {
    requests.push({ message, body: (await message.toArray()).join('') })
    if (message.url === '/text') return reply.writeHead(418, { 'content-type': 'text/plain' }).end('{"not":"parsed"}')
    if (message.url === '/empty') return reply.writeHead(204).end()
    return reply.writeHead(409, { 'content-type': 'application/problem+json' }).end('{"code":"sold_out"}')
  })
  const { client: it, service } = await client(t, { url, timeoutMs: 800 })
  t.same(service.health.dependencies(), { peer: { status: 'unknown' } })

  const caller = context(5000)
  const refused = await it.call(caller, { method: 'POST', path: '/a', body: { n: 1 }, idempotencyKey: 'k1' })
  t.equal(refused.status, 409)
  t.strictSame(refused.body, { code: 'sold_out' })
  const { message, body } = requests[0] as (typeof requests)[number]
  t.equal(message.headers.traceparent, caller.traceparent)
  t.equal(message.headers['idempotency-key'], 'k1')
  t.equal(body, '{"n":1}')
  t.match(message.headers['content-type'], /^application\/json/)
  const own = Number(message.headers[deadlineHeader])
  t.ok(own <= 800 && own > 400, `the client's own limit, ${own}`)

  t.equal((await it.call(context(300), { method: 'GET', path: '/text' })).body, '{"not":"parsed"}')
  const callers = Number(requests[1]?.message.headers[deadlineHeader])
  t.ok(callers <= 300 && callers > 100, `what the caller has left, ${callers}`)
  t.equal((await it.call(context(), { method: 'GET', path: '/empty', timeoutMs: 150 })).status, 204)
  t.equal(await metric(service, 'http_client_requests_total{peer="peer",outcome="ok"}'), 3, 'a refusal is an answer')
  t.equal(await metric(service, 'http_client_requests_total{peer="peer",outcome="failed"}'), 0)
  t.ok(Number(requests[2]?.message.headers[deadlineHeader]) <= 150, 'what the call allows')
  t.match(service.health.dependencies(), { peer: { status: 'up' } })
})

t.test('a silent or stalling peer is given up at the time limit', async (t) => {
  const url = await peer(t, ({ url }, reply) => {
    if (url === '/stall') reply.writeHead(200, { 'content-length': '10' }).write('half')
  })
  const { client: it, service } = await client(t, { url, timeoutMs: 250 })
  for (const path of ['/silent', '/stall']) {
    const startedAt = performance.now()
    const problem = await failure(it.call(context(), { method: 'GET', path }))
    const tookMs = performance.now() - startedAt
    t.equal(problem.code, 'dependency_unavailable', path)
    t.equal(problem.status, 503)
    t.ok(tookMs >= 240 && tookMs < 250 + slackMs, `${path}: after ${Math.round(tookMs)} ms`)
  }
  t.match(service.health.dependencies(), { peer: { status: 'down', detail: /no answer within/ } })
  t.equal(await metric(service, 'http_client_requests_total{peer="peer",outcome="failed"}'), 2)
})

t.test('what calls itself JSON and is none counts as silence, and is not asked for again', async (t) => {
  let requests = 0
  const url = await peer(t, (_message, reply) => {
    requests++
    reply.writeHead(200, { 'content-type': 'application/json' }).end('{"half":')
  })
  const { client: it, service } = await client(t, { url })
  t.equal((await failure(it.call(context(), { method: 'GET', path: '/' }))).code, 'dependency_unavailable')
  t.equal(requests, 1)
  t.equal(await metric(service, 'http_client_requests_total{peer="peer",outcome="failed"}'), 1)
  t.match(service.health.dependencies(), { peer: { status: 'down', detail: /JSON/ } })
})

t.test('without time left nothing is sent', async (t) => {
  let requests = 0
  const url = await peer(t, (_message, reply) => {
    requests++
    reply.end()
  })
  const { client: it } = await client(t, { url })
  for (const leftMs of [0, 0.9]) t.equal((await failure(it.call(context(leftMs), { method: 'GET', path: '/' }))).code, 'deadline_exceeded')
  await it.call(context(), { method: 'GET', path: '/' })
  t.equal(requests, 1, 'only the call that had time')
})

t.test('nobody listens: the cause says so, so that a write is known not to have happened', async (t) => {
  const { client: it } = await client(t, { url: 'http://127.0.0.1:1' })
  const problem = await failure(it.call(context(), { method: 'POST', path: '/' }))
  t.equal(problem.code, 'dependency_unavailable')
  t.equal((problem.cause as NodeJS.ErrnoException).code, 'ECONNREFUSED')
})

t.test('a connection closed under a request: sent again once, and only what is safe to repeat', async (t) => {
  const calls = [
    { call: { method: 'GET', path: '/second' }, sent: 2 },
    { call: { method: 'DELETE', path: '/second' }, sent: 2 },
    { call: { method: 'POST', path: '/second', idempotencyKey: 'k' }, sent: 2 },
    { call: { method: 'POST', path: '/second' }, sent: 1 },
    { call: { method: 'GET', path: '/second' }, sent: 1, resend: false },
  ] as const
  for (const { call, sent, ...options } of calls) {
    const seen: string[] = []
    const { client: it } = await client(t, { url: await closingPeer(t, seen), connections: 1, ...options })
    await it.call(context(), { method: 'GET', path: '/first' })
    const name = JSON.stringify({ ...call, ...options })
    if (sent === 2) t.equal((await it.call(context(), call)).body, 'ok', name)
    else t.equal((await failure(it.call(context(), call))).code, 'dependency_unavailable', name)
    t.equal(seen.filter((line) => line.includes('/second')).length, sent, name)
  }

  let requests = 0
  const url = await peer(t, ({ socket }) => {
    requests++
    socket.destroy()
  })
  const { client: it } = await client(t, { url })
  t.equal((await failure(it.call(context(), { method: 'GET', path: '/' }))).code, 'dependency_unavailable')
  t.equal(requests, 2, 'once again, not for ever')
})

t.test('a connection closed under a request after the deadline: nothing is started any more', async (t) => {
  const seen: string[] = []
  const { client: it } = await client(t, { url: await closingPeer(t, seen), connections: 1 })
  await it.call(context(), { method: 'GET', path: '/first' })
  let looks = 0
  const expiring = {
    traceparent: newTraceparent(),
    get deadlineAt() {
      return performance.now() + (looks++ === 0 ? 5000 : -1)
    },
  }
  const problem = await failure(it.call(expiring, { method: 'GET', path: '/second' }))
  t.equal(problem.code, 'dependency_unavailable', 'it was sent once')
  t.match(problem.cause, { code: /UND_ERR_SOCKET|ECONNRESET/ }, 'and that ended as the cause says, not by a timeout of a millisecond')
  t.equal(seen.filter((line) => line.includes('/second')).length, 1)
})

t.test('as many calls as connections may wait; the next is refused at once', async (t) => {
  const replies: Parameters<RequestListener>[1][] = []
  const url = await peer(t, (_message, reply) => replies.push(reply))
  const { client: it, service } = await client(t, { url, connections: 2 })
  const accepted = Array.from({ length: 4 }, () => it.call(context(), { method: 'GET', path: '/' }))
  await until(() => replies.length === 2)
  t.equal(await metric(service, 'http_client_peer_pending_requests'), 2)
  const startedAt = performance.now()
  const problem = await failure(it.call(context(), { method: 'GET', path: '/' }))
  t.equal(problem.code, 'overloaded')
  t.ok(performance.now() - startedAt < slackMs)
  for (let answered = 0; answered < 4; answered++) {
    await until(() => replies.length > answered)
    replies[answered]?.end('ok')
  }
  t.same(
    (await Promise.all(accepted)).map(({ status }) => status),
    [200, 200, 200, 200],
  )
  t.equal(replies.length, 4, 'the refused one was never sent')
})

t.test('its connections close with the server', async (t) => {
  const sockets: Socket[] = []
  const url = await peer(t, ({ socket }, reply) => {
    sockets.push(socket)
    reply.end()
  })
  const { client: it, service } = await client(t, { url })
  await it.call(context(), { method: 'GET', path: '/' })
  t.equal(sockets[0]?.destroyed, false, 'kept alive until then')
  await service.close()
  await until(() => sockets[0]?.destroyed === true, 1500)
  await t.rejects(it.call(context(), { method: 'GET', path: '/' }))
  t.equal(sockets.length, 1)
})
