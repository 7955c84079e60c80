import t from 'tap'
import { deadlineHeader } from '../deadlines.ts'
import { dial, listening, metric, until } from './helper.ts'

const limit = 4
const limited = { CONCURRENCY_LIMIT_MAX: String(limit) }
const shed = 'http_server_requests_shed_total'

for (const [kind, announced] of [
  ['a length', 'Content-Length: 1\r\n\r\nx'],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n'],
  ['a length whose body never comes', 'Content-Length: 1\r\n\r\n'],
] as const)
  for (const method of ['GET', 'HEAD'])
    t.test(`a ${method} that brings ${kind} is admitted like any other`, async (t) => {
      const release: (() => void)[] = []
      const { service, port } = await listening(
        t,
        (server) => void server.get('/held', () => new Promise<string>((resolve) => release.push(() => resolve('done')))),
        limited,
      )
      const clients = await Promise.all(Array.from({ length: 20 }, () => dial(t, port)))
      for (const { socket } of clients) socket.write(`${method} /held HTTP/1.1\r\nHost: x\r\n${announced}`)
      await until(async () => release.length + (await metric(service, shed)) === 20)
      t.ok(release.length > 0 && release.length <= limit, `${release.length} are at work`)
      for (const end of release) end()
      await until(() => clients.every(({ text }) => text() !== ''))
      t.equal(clients.filter(({ text }) => text().startsWith('HTTP/1.1 200')).length, release.length)
    })

for (const [what, head, held] of [
  ['an unknown URL', 'GET /nowhere', 'Content-Length: 1\r\n\r\nx'],
  ['an unknown URL, with a body that is read', 'POST /nowhere', 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'],
  ['a wrong method', 'PUT /held', 'Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'],
] as const)
  t.test(`${what} takes its turn and its place like any other`, async (t) => {
    const turns: (number | undefined)[] = []
    const { port } = await listening(t, (server) => {
      server.addHook('onSend', ({ exchange }, _reply, _payload, done) => {
        turns.push(exchange.turn)
        done()
      })
      server.get('/held', (_request, reply) => reply.send('done'))
    })
    const { socket, text } = await dial(t, port)
    socket.write(`${head} HTTP/1.1\r\nHost: x\r\n${held}`)
    await until(() => text() !== '')
    t.match(text(), /^HTTP\/1\.1 40[45] /)
    t.match(turns, [Number], 'it was begun')
  })

t.test('at its deadline the connection of a GET ends while its body is still on its way', async (t) => {
  const { port } = await listening(t, (server) => void server.get('/held', () => new Promise(() => {})))
  const { socket, text, closed } = await dial(t, port)
  socket.write(`GET /held HTTP/1.1\r\nHost: x\r\n${deadlineHeader}: 60\r\nContent-Length: 9\r\n\r\nx`)
  await closed
  t.match(text(), /^HTTP\/1\.1 503 [\s\S]*\r\nconnection: close\r\n/i)
})

t.test('a body that is here in full begins nothing when its client has left meanwhile', async (t) => {
  const gate = Promise.withResolvers<void>()
  const left = Promise.withResolvers<void>()
  let answered = false
  let begun = 0
  const { service, port } = await listening(t, (server) => {
    // Before the routes' own hooks, once the body was read.
    server.addHook('preValidation', async (_request, reply) => {
      reply.raw.once('close', left.resolve)
      gate.resolve()
      await left.promise
    })
    server.addHook('onSend', async () => {
      answered = true
    })
    server.post('/orders', () => begun++)
  })
  const { socket } = await dial(t, port)
  socket.write('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}')
  await gate.promise
  socket.destroy()
  await until(() => answered)
  t.equal(begun, 0)
  t.equal(await metric(service, 'http_server_active_requests'), 0)
})
