import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import type { Exchange, Failure } from '../exchange.ts'
import { Pool, type PoolLimits } from '../pool.ts'
import type { Reply } from '../reply-reader.ts'
import { closedPort, OK_REPLY, onRequest, serveTcp, type Teardown } from './helper.ts'

const LIMITS: PoolLimits = { connections: 1, connectionsMax: 1, queueMax: 10 }

/** A pool whose exchanges end in promises. */
function startPool(t: Teardown, port: number, limits: PoolLimits = LIMITS) {
  type Awaited = Exchange & { settle: (end: Reply | Failure) => void }
  const sent: Exchange[] = []
  const pool = new Pool<Awaited>({ host: '127.0.0.1', port }, limits, {
    onSent: (exchange) => sent.push(exchange),
    onReply: (exchange, reply) => exchange.settle(reply),
    onFailure: (exchange, failure) => exchange.settle(failure),
  })
  const sweeper = setInterval(() => pool.sweep(performance.now()), 5)
  t.teardown(() => {
    clearInterval(sweeper)
    pool.close('test_ended')
  })
  const ask = (changes: Partial<Exchange> = {}) =>
    new Promise<Reply | Failure>((settle) => {
      const dueAtMs = performance.now()
      const bytes = 'GET / HTTP/1.1\r\nhost: test\r\n\r\n'
      pool.submit({ dueAtMs, deadlineAtMs: dueAtMs + 5000, bytes, repeatable: true, wantsBody: true, repeated: false, settle, ...changes })
    })
  return { pool, ask, sent }
}

const OK = { status: 200, hasRetryAfter: false, body: 'ok' }

t.test('one connection carries one exchange after another', async (t) => {
  const port = await serveTcp(t, (socket) => onRequest(socket, () => socket.write(OK_REPLY)))
  const { pool, ask } = startPool(t, port)
  for (let count = 0; count < 3; count += 1) t.same(await ask(), OK)
  t.equal(pool.opened, 1)
})

t.test('below the count each exchange opens a connection, then they are used in turn', async (t) => {
  const used: number[] = []
  let sockets = 0
  const port = await serveTcp(t, (socket) => {
    const number = ++sockets
    onRequest(socket, () => {
      used.push(number)
      socket.write(OK_REPLY)
    })
  })
  const { pool, ask } = startPool(t, port, { connections: 3, connectionsMax: 5, queueMax: 10 })
  for (let count = 0; count < 9; count += 1) await ask()
  t.same(used, [1, 2, 3, 1, 2, 3, 1, 2, 3])
  t.equal(pool.size, 3)
})

t.test('connections opened ahead are used, none besides', async (t) => {
  const port = await serveTcp(t, (socket) => onRequest(socket, () => socket.write(OK_REPLY)))
  const { pool, ask } = startPool(t, port, { connections: 4, connectionsMax: 4, queueMax: 10 })
  await pool.open(5000)
  t.equal(pool.size, 4)
  await ask()
  t.equal(pool.opened, 4)
})

t.test('opening ahead does not wait for a target that is not there', async (t) => {
  const { pool, ask } = startPool(t, await closedPort())
  await pool.open(60_000)
  t.same(await ask(), { reason: 'econnrefused', mayHaveArrived: false })
})

t.test('a busy pool opens more up to its limit, then lines up, then refuses', async (t) => {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const port = await serveTcp(t, (socket) => onRequest(socket, () => void released.then(() => socket.write(OK_REPLY))))
  const { pool, ask, sent } = startPool(t, port, { connections: 1, connectionsMax: 2, queueMax: 3 })
  const asked = Array.from({ length: 5 }, () => ask())
  t.equal(sent.length, 2)
  t.equal(pool.size, 2)
  t.equal(pool.waited, 3)
  t.same(await ask(), { reason: 'queue_full', mayHaveArrived: false })
  release()
  t.same(await Promise.all(asked), Array(5).fill(OK))
  t.equal(sent.length, 5)
  t.equal(pool.opened, 2)
})

t.test('a server that says "Connection: close" is taken at its word', async (t) => {
  const port = await serveTcp(t, (socket) => onRequest(socket, () => socket.write(OK_REPLY.replace('\r\n', '\r\nconnection: close\r\n'))))
  const { pool, ask } = startPool(t, port)
  t.same(await ask(), OK)
  t.equal(pool.size, 0, 'closed by us although the server left it open')
  t.same(await ask(), OK)
  t.equal(pool.opened, 2)
  t.equal(pool.reconnects, 0)
})

t.test('those in line go on when the connection they wait for is closed', async (t) => {
  const port = await serveTcp(t, (socket) => onRequest(socket, () => socket.write(OK_REPLY.replace('\r\n', '\r\nconnection: close\r\n'))))
  const { ask, pool } = startPool(t, port)
  t.same(await Promise.all([ask(), ask(), ask()]), [OK, OK, OK])
  t.equal(pool.opened, 3)
})

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

t.test('a silent server: the deadline ends those sent and those in line', async (t) => {
  const port = await serveTcp(t, () => undefined)
  const { ask, pool } = startPool(t, port)
  const deadlineAtMs = performance.now() + 60
  const ends = await Promise.all([ask({ deadlineAtMs }), ask({ deadlineAtMs })])
  t.same(ends[0], { reason: 'timeout', mayHaveArrived: true })
  t.same(ends[1], { reason: 'timeout_waiting_for_connection', mayHaveArrived: false })
  t.equal(pool.reconnects, 0, 'a timeout is never repeated')
})

t.test('closing the pool ends what is under way', async (t) => {
  const port = await serveTcp(t, () => undefined)
  const { ask, pool } = startPool(t, port, { connections: 1, connectionsMax: 1, queueMax: 1 })
  await pool.open(5000)
  const ends = [ask(), ask()]
  pool.close('run_ended')
  t.same(await Promise.all(ends), [
    { reason: 'run_ended', mayHaveArrived: true },
    { reason: 'run_ended', mayHaveArrived: false },
  ])
  t.equal(pool.size, 0)
})

t.test('many requests over few short-lived connections all end once', async (t) => {
  const port = await serveTcp(t, (socket) =>
    onRequest(socket, (ordinal) => (ordinal % 3 === 0 ? socket.end(OK_REPLY) : socket.write(OK_REPLY))),
  )
  const { ask, pool } = startPool(t, port, { connections: 4, connectionsMax: 8, queueMax: 1000 })
  const ends = await Promise.all(Array.from({ length: 600 }, () => ask()))
  t.same(new Set(ends.map((end) => ('status' in end ? end.status : end.reason))), new Set([200]))
  t.ok(pool.opened >= 200, `${pool.opened} connections`)
  t.ok(pool.openMax <= 8)
})
