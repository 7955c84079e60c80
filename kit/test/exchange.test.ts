import t from 'tap'
import { dial, listening, metric, until } from './helper.ts'

const active = 'http_server_active_requests'
const abandoned = 'http_server_request_duration_seconds_count{http_request_method="GET",http_route="/slow",http_response_status_code="499"}'

/** A route that answers when told to. */
function held() {
  const waiting: (() => void)[] = []
  return {
    wait: () => new Promise<void>((resolve) => waiting.push(resolve)),
    release: () => {
      for (const resolve of waiting.splice(0)) resolve()
    },
    waiting,
  }
}

t.test('a request whose client left counts until its handler is done, then never again', async (t) => {
  const gate = held()
  const { service, port } = await listening(t, (server) => {
    server.get('/slow', async () => {
      await gate.wait()
      return 'late'
    })
  })
  const { socket } = await dial(t, port)
  // Three on one connection: only the first has a reply under way when the client leaves.
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3))
  await until(() => gate.waiting.length === 3)
  socket.destroy()
  await new Promise((resolve) => setTimeout(resolve, 150))
  t.equal(await metric(service, active), 3, 'the work goes on, so it counts')
  gate.release()
  await until(async () => (await metric(service, active)) === 0)
  t.equal(await metric(service, abandoned), 3, 'they are told from answered ones')
  t.equal(await metric(service, 'http_server_requests_total'), 3)
})

t.test('a handler that never ends for a client that left stops counting a second after its deadline', async (t) => {
  const { service, port } = await listening(t, (server) => void server.get('/slow', () => new Promise(() => {})), {
    HANDLER_TIMEOUT_MS: '100',
  })
  const { socket } = await dial(t, port)
  socket.write('GET /slow HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(async () => (await metric(service, active)) === 1)
  socket.destroy()
  await until(async () => (await metric(service, active)) === 0, 3000)
  t.equal(await metric(service, abandoned), 1)
})

t.test('a body that never comes is let go of with its client', async (t) => {
  const { service, port } = await listening(t, (server) => void server.post('/orders', () => 'never'))
  const { socket } = await dial(t, port)
  socket.write('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{"a"')
  await until(async () => (await metric(service, active)) === 1)
  socket.destroy()
  await until(async () => (await metric(service, active)) === 0, 6000)
  t.equal(await metric(service, 'http_server_requests_total'), 1)
})

t.test('who leaves while waiting for a turn is let go of at once, and nothing is begun', async (t) => {
  let begun = 0
  const { service, port } = await listening(t, (server) => {
    server.get('/work', (_request, reply) => {
      begun++
      for (const end = performance.now() + 10; performance.now() < end; );
      reply.send('done')
    })
  })
  const { traffic } = service.server.kit.metrics
  const inFlight: number[] = []
  service.server.server.on('request', (_request, reply) => reply.on('close', () => inFlight.push(traffic.active)))
  const clients = await Promise.all(Array.from({ length: 20 }, () => dial(t, port)))
  // A turn accepts one connection; only accepted ones can be read in the same turn.
  await until(() => new Promise((resolve) => service.server.server.getConnections((_error, count) => resolve(count === 20))))
  for (const { socket } of clients) socket.write('GET /work HTTP/1.1\r\nHost: x\r\n\r\n')
  await until(() => begun > 0)
  for (const { socket } of clients) socket.destroy()
  await until(() => inFlight.length === 20)
  t.equal(inFlight.at(-1), 0, 'the last to leave leaves nobody behind')
  await until(async () => (await metric(service, 'http_server_queued_requests')) === 0)
  t.ok(begun < 20, `${begun} were begun`)
  t.equal(traffic.arrivals, 20)
})

t.test('every kind of end is counted once: found, missing, refused, failed, injected', async (t) => {
  const { service, url } = await listening(t, (server) => {
    server.get('/ok', () => Promise.resolve('fine'))
    server.get('/broken', () => Promise.reject(new Error('inside')))
    server.post('/ok', { schema: { body: { type: 'object', required: ['a'] } } }, () => Promise.resolve('fine'))
  })
  const post = { method: 'POST', headers: { 'content-type': 'application/json' } }
  const statuses = []
  for (const [path, init] of [
    ['/ok', {}],
    ['/nowhere', {}],
    ['/broken', {}],
    ['/ok', { ...post, body: '{}' }],
    ['/ok', { ...post, body: '{' }],
  ] as const)
    statuses.push((await fetch(url + path, init)).status)
  statuses.push((await service.server.inject('/ok')).statusCode)
  t.same(statuses, [200, 404, 500, 400, 400, 200])
  await until(async () => (await metric(service, active)) === 0)
  t.equal(await metric(service, 'http_server_requests_total'), 6)
})

t.test('Upgrade and Expect headers get an ordinary answer', async (t) => {
  const { port } = await listening(t, (server) => void server.get('/ok', () => Promise.resolve('fine')))
  const { socket, text } = await dial(t, port)
  socket.write('GET /ok HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n')
  await until(() => text().endsWith('fine'))
  t.match(text(), /^HTTP\/1\.1 200/)
  socket.write('GET /ok HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n\r\n')
  await until(() => text().includes('100 Continue') && text().endsWith('fine'))
})
