import t from 'tap'
import { closedPort, OK_REPLY, onRequest, serveTcp } from './helper.ts'
import { OK, startPool } from './pool-helper.ts'

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

t.test('more connections than a server lets wait are opened ahead, a few at a time', async (t) => {
  const port = await serveTcp(t, () => undefined)
  const { pool } = startPool(t, port, { connections: 600, connectionsMax: 600, queueMax: 10 })
  const opened = pool.open(20_000)
  t.equal(pool.size, 256, 'under way at first')
  await opened
  t.equal(pool.size, 600)
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
