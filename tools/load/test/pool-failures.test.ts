import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { OK_REPLY, onRequest, serveTcp } from './helper.ts'
import { OK, startPool } from './pool-helper.ts'

for (const [how, reason] of [
  ['end', 'closed_before_reply'],
  ['resetAndDestroy', 'econnreset'],
] as const) {
  t.test(`a kept connection that goes away (${how}) as the request leaves is replaced once`, async (t) => {
    let sockets = 0
    const port = await serveTcp(t, (socket) => {
      sockets += 1
      const first = sockets === 1
      onRequest(socket, (ordinal) => (first && ordinal === 2 ? socket[how]() : socket.write(OK_REPLY)))
    })
    const { pool, ask } = startPool(t, port)
    t.same(await ask(), OK)
    t.same(await ask(), OK, 'the user never notices')
    t.equal(pool.reconnects, 1)
    t.equal(pool.opened, 2)
  })

  t.test(`what may not be sent twice is not (${how})`, async (t) => {
    const port = await serveTcp(t, (socket) => onRequest(socket, (ordinal) => (ordinal === 2 ? socket[how]() : socket.write(OK_REPLY))))
    const { pool, ask } = startPool(t, port)
    await ask()
    t.same(await ask({ repeatable: false }), { reason, mayHaveArrived: true })
    t.equal(pool.reconnects, 0)
  })

  t.test(`a new connection that goes away (${how}) is a failure, not repeated`, async (t) => {
    const port = await serveTcp(t, (socket) => onRequest(socket, () => socket[how]()))
    const { pool, ask } = startPool(t, port)
    t.same(await ask(), { reason, mayHaveArrived: true })
    t.equal(pool.reconnects, 0)
    t.equal(pool.opened, 1)
  })
}

t.test('a connection whose idle time is over as the request leaves is replaced once', async (t) => {
  const timeUp = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
  let sockets = 0
  const port = await serveTcp(t, (socket) => {
    sockets += 1
    const first = sockets === 1
    onRequest(socket, () => (first ? socket.end(timeUp) : socket.write(OK_REPLY)))
  })
  const { pool, ask } = startPool(t, port)
  await pool.open(1000)
  t.same(await ask(), OK)
  t.equal(pool.reconnects, 1)
})

t.test('a request on a new connection that is answered 408 was late itself', async (t) => {
  const timeUp = 'HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'
  const port = await serveTcp(t, (socket) => onRequest(socket, () => socket.end(timeUp)))
  const { pool, ask } = startPool(t, port)
  t.match(await ask(), { status: 408 })
  t.equal(pool.reconnects, 0)
})

t.test('only one repeat: a server that always hangs up fails the request', async (t) => {
  let requests = 0
  const port = await serveTcp(t, (socket) => onRequest(socket, () => (++requests === 1 ? socket.write(OK_REPLY) : socket.end())))
  const { pool, ask } = startPool(t, port)
  await ask()
  t.same(await ask(), { reason: 'closed_before_reply', mayHaveArrived: true })
  t.equal(requests, 3)
  t.equal(pool.reconnects, 1)
})

t.test('a connection closed while idle costs nothing', async (t) => {
  let closeFirst = () => {}
  const port = await serveTcp(t, (socket) => {
    closeFirst = () => socket.end()
    onRequest(socket, () => socket.write(OK_REPLY))
  })
  const { pool, ask } = startPool(t, port)
  await ask()
  closeFirst()
  while (pool.size > 0) await sleep(1)
  t.same(await ask(), OK)
  t.equal(pool.reconnects, 0)
})

t.test('a reply cut off in the middle is a failure even on a kept connection', async (t) => {
  const port = await serveTcp(t, (socket) =>
    onRequest(socket, (ordinal) =>
      ordinal === 1 ? socket.write(OK_REPLY) : socket.end('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\npart'),
    ),
  )
  const { pool, ask } = startPool(t, port)
  await ask()
  t.same(await ask(), { reason: 'closed_mid_reply', mayHaveArrived: true })
  t.equal(pool.reconnects, 0)
})

t.test('a reset in the middle of a reply', async (t) => {
  const port = await serveTcp(t, (socket) =>
    onRequest(socket, () => socket.write('HTTP/1.1 200 OK\r\n', () => setTimeout(() => socket.resetAndDestroy(), 20))),
  )
  t.same(await startPool(t, port).ask(), { reason: 'econnreset_mid_reply', mayHaveArrived: true })
})

t.test('a reply that only the close ends', async (t) => {
  const port = await serveTcp(t, (socket) => onRequest(socket, () => socket.end('HTTP/1.1 200 OK\r\n\r\nok')))
  t.same(await startPool(t, port).ask(), OK)
})

t.test('a reply that is no HTTP, and bytes nobody asked for', async (t) => {
  const port = await serveTcp(t, (socket) => onRequest(socket, (ordinal) => socket.write(ordinal === 1 ? OK_REPLY : 'what?\r\n\r\n')))
  const { ask, pool } = startPool(t, port)
  await ask()
  t.same(await ask(), { reason: 'malformed_reply', mayHaveArrived: true })
  t.equal(pool.size, 0)

  const chatty = await serveTcp(t, (socket) =>
    onRequest(socket, () => socket.write(OK_REPLY, () => setTimeout(() => socket.write('more'), 20))),
  )
  const second = startPool(t, chatty)
  t.same(await second.ask(), OK)
  while (second.pool.size > 0) await sleep(1)
  t.pass('the connection was given up')
})
