import { performance } from 'node:perf_hooks'
import t from 'tap'
import { deadlineHeader } from '../deadlines.ts'
import { built, dial, listening, until } from './helper.ts'

t.test('a signal asked for after the deadline is already aborted, one asked for before it is not', async (t) => {
  const { server } = await built(t, (server) => {
    server.get('/late', (request, reply) => {
      const before = performance.now() < request.deadlineAt
      while (performance.now() < request.deadlineAt) {}
      return reply.send({ before, aborted: request.deadlineSignal.aborted })
    })
    server.post('/early', (request, reply) => reply.send({ aborted: request.deadlineSignal.aborted }))
  })
  const late = await server.inject({ url: '/late', headers: { [deadlineHeader]: '30' } })
  t.same(late.json(), { before: true, aborted: true })
  const early = await server.inject({ method: 'POST', url: '/early', payload: {} })
  t.same(early.json(), { aborted: false }, 'a body that was read does not abort it')
})

t.test('a body that comes after the deadline starts nothing', async (t) => {
  let started = 0
  const { port } = await listening(t, (server) => {
    server.post('/work', (_request, reply) => {
      started++
      return reply.send({})
    })
  })
  const post = (deadlineMs: number) =>
    `POST /work HTTP/1.1\r\nHost: sample\r\nContent-Type: application/json\r\nContent-Length: 2\r\n${deadlineHeader}: ${deadlineMs}\r\n\r\n`
  const { socket, text } = await dial(t, port)
  socket.write(post(60))
  await until(() => text().includes('deadline_exceeded'))
  t.match(text(), /^HTTP\/1\.1 503 /)
  socket.write('{}')
  const other = await dial(t, port)
  other.socket.write(`${post(2000)}{}`)
  await until(() => other.text().includes('200 OK'))
  t.equal(started, 1, 'only the one in time')
})

t.test('a body whole only after the deadline, before any sweep saw it, starts nothing either', async (t) => {
  let started = 0
  const { server } = await built(t, (server) => {
    // Holds the loop, so that the deadline passes between the headers and the body.
    server.addHook('onRequest', (request, _reply, done) => {
      while (performance.now() < request.deadlineAt) {}
      done()
    })
    server.post('/work', (_request, reply) => {
      started++
      return reply.send({})
    })
  })
  const reply = await server.inject({ method: 'POST', url: '/work', payload: { n: 1 }, headers: { [deadlineHeader]: '5' } })
  t.match([reply.statusCode, reply.json().code, reply.headers['retry-after']], [503, 'deadline_exceeded', /^[1-9]/])
  t.equal(started, 0)
})

t.test('a reply half sent at its deadline is cut off, not passed off as whole', async (t) => {
  const { port } = await listening(t, (server) => {
    server.get('/part', (_request, reply) => {
      reply.raw.writeHead(200, { 'content-length': '100' })
      reply.raw.write('part')
    })
  })
  const { socket, text, closed } = await dial(t, port)
  const startedAt = performance.now()
  socket.write(`GET /part HTTP/1.1\r\nHost: sample\r\n${deadlineHeader}: 100\r\n\r\n`)
  const tookMs = (await closed) - startedAt
  t.ok(tookMs >= 95 && tookMs < 2000, `closed after ${Math.round(tookMs)} ms`)
  t.match(text(), /part$/)
})
