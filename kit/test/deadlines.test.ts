import t from 'tap'
import { deadlineHeader } from '../deadlines.ts'
import { built, dial, listening, until } from './helper.ts'

const never = () => new Promise<never>(() => {})

t.test('without a header the deadline is HANDLER_TIMEOUT_MS away; a sooner one counts, a later one does not', async (t) => {
  const { server } = await built(
    t,
    (server) => void server.get('/left', (request, reply) => reply.send(request.deadlineAt - performance.now())),
    {
      HANDLER_TIMEOUT_MS: '1000',
    },
  )
  const left = async (given?: string) =>
    Number((await server.inject({ url: '/left', headers: given ? { [deadlineHeader]: given } : {} })).body)
  for (const [given, atMost] of [
    [undefined, 1000],
    ['200', 200],
    ['60000', 1000],
  ] as const) {
    const leftMs = await left(given)
    t.ok(leftMs <= atMost && leftMs > atMost - 150, `${given}: ${leftMs} ms left`)
  }
})

t.test('work whose deadline has passed is not started', async (t) => {
  let started = 0
  const { server } = await built(t, (server) => void server.get('/work', (_request, reply) => reply.send(String(++started))))
  for (const given of ['0', '-5']) {
    const reply = await server.inject({ url: '/work', headers: { [deadlineHeader]: given } })
    t.match([reply.statusCode, reply.json().code, reply.headers['retry-after']], [503, 'deadline_exceeded', /^\d+$/])
  }
  t.equal(started, 0)
})

t.test('a deadline that is no whole number of milliseconds is refused by name', async (t) => {
  const { server } = await built(t, (server) => void server.get('/work', (_request, reply) => reply.send('x')))
  for (const given of ['soon', '', '1.5', '1e3', 'NaN']) {
    const reply = await server.inject({ url: '/work', headers: { [deadlineHeader]: given } })
    t.match(
      [reply.statusCode, reply.json().code, reply.json().detail],
      [400, 'validation_failed', new RegExp(deadlineHeader)],
      `"${given}"`,
    )
  }
})

for (const method of ['GET', 'POST'] as const)
  t.test(`a handler that is not done in time is answered for and told: ${method}`, async (t) => {
    const reasons: string[] = []
    const { url } = await listening(t, (server) => {
      server.route({
        method,
        url: '/work',
        handler: async (request) => {
          request.deadlineSignal.addEventListener('abort', () => reasons.push(request.deadlineSignal.reason.code))
          t.notOk(request.deadlineSignal.aborted, 'reading the body does not end it')
          await never()
        },
      })
    })
    const body =
      method === 'POST'
        ? { body: '{"a":1}', headers: { 'content-type': 'application/json', [deadlineHeader]: '150' } }
        : { headers: { [deadlineHeader]: '150' } }
    const startedAt = performance.now()
    const reply = await fetch(`${url}/work`, { method, ...body })
    const tookMs = performance.now() - startedAt
    t.match([reply.status, ((await reply.json()) as { code: string }).code], [503, 'deadline_exceeded'])
    t.equal(reply.headers.get('connection'), 'keep-alive', 'a request that is here in full leaves the connection usable')
    t.ok(tookMs >= 145 && tookMs < 1000, `took ${tookMs} ms`)
    t.same(reasons, ['deadline_exceeded'])
  })

t.test('a body that is still arriving at the deadline is answered with the end of its connection', async (t) => {
  const { port } = await listening(t, (server) => void server.post('/work', (_request, reply) => reply.send('x')))
  const { socket, text, closed } = await dial(t, port)
  socket.write(`POST /work HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n${deadlineHeader}: 80\r\n\r\n{"a"`)
  await closed
  t.match(text(), /^HTTP\/1\.1 503 [\s\S]*\r\nconnection: close\r\n[\s\S]*"code":"deadline_exceeded"/i)
  t.notMatch(text(), /keep-alive/i)
})

t.test('a handler that ends after its deadline changes nothing', async (t) => {
  let finish = (_text: string) => {}
  const { url } = await listening(t, (server) => void server.get('/work', () => new Promise<string>((resolve) => (finish = resolve))), {
    HANDLER_TIMEOUT_MS: '60',
  })
  t.equal((await fetch(`${url}/work`)).status, 503)
  finish('late')
  const again = fetch(`${url}/work`)
  await new Promise((resolve) => setTimeout(resolve, 20))
  finish('in time')
  t.equal(await (await again).text(), 'in time')
})

t.test('a client that leaves aborts the signal, also one asked for afterwards', async (t) => {
  const signals: AbortSignal[] = []
  let later = () => {}
  const { port } = await listening(t, (server) => {
    server.get('/work', async (request) => {
      signals.push(request.deadlineSignal)
      await new Promise<void>((resolve) => (later = resolve))
    })
    server.get('/late', async (request) => {
      await new Promise<void>((resolve) => (later = resolve))
      signals.push(request.deadlineSignal)
    })
  })
  for (const path of ['/work', '/late']) {
    const { socket } = await dial(t, port)
    later = () => {}
    const waiting = later
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    await until(() => later !== waiting)
    socket.destroy()
    await new Promise((resolve) => setTimeout(resolve, 50))
    later()
  }
  await until(() => signals.length === 2 && signals.every(({ aborted }) => aborted))
  t.match(
    signals.map(({ reason }) => reason.code),
    ['deadline_exceeded', 'deadline_exceeded'],
  )
})
