import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { type BalancerOptions, startBalancer } from '../balancer.ts'

interface Backend {
  port: number
  server: Server
  connections: Socket[]
}

/** A backend that greets with its name and echoes; it ends its side when the other has ended. */
async function backend(t: Test, name: string): Promise<Backend> {
  const connections: Socket[] = []
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    connections.push(socket)
    socket.on('error', () => undefined)
    socket.write(`${name}:`)
    socket.pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of connections) socket.destroy()
    server.close()
  })
  return { port: (server.address() as AddressInfo).port, server, connections }
}

async function balancer(t: Test, options?: BalancerOptions) {
  const started = await startBalancer(options)
  t.teardown(() => started.close())
  return started
}

/** Sends text, ends this side and returns all that came back. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, allowHalfOpen: true })
  socket.end(text)
  let received = ''
  for await (const chunk of socket) received += chunk
  return received
}

/** A connection that stays open, with the name of the backend it got. */
async function hold(t: Test, port: number): Promise<{ socket: Socket; name: string }> {
  const socket = connect({ host: '127.0.0.1', port })
  t.teardown(() => socket.destroy())
  const [greeting] = await once(socket, 'data')
  return { socket, name: String(greeting).split(':')[0] ?? '' }
}

t.test('bytes go both ways, and an end is an end and not a cut', async (t) => {
  const b = await balancer(t)
  b.setEndpoints([await backend(t, 'a')])
  const text = 'x'.repeat(1_000_000)
  t.equal(await exchange(b.port, text), `a:${text}`)
})

t.test('connections spread evenly over the endpoints and are counted', async (t) => {
  const b = await balancer(t)
  const backends = await Promise.all(['a', 'b', 'c'].map((name) => backend(t, name)))
  b.setEndpoints(backends)
  const total = 300
  for (let done = 0; done < total; done += 30) await Promise.all(Array.from({ length: 30 }, () => exchange(b.port, 'hi')))
  const opened = b.counts().map((count) => count.opened)
  t.equal(
    opened.reduce((sum, count) => sum + count),
    total,
  )
  // A fair three-way choice leaves 60 to 140 but for one run in a million.
  for (const count of opened) t.ok(count > 60 && count < 140, `${count} of ${total}`)
})

t.test('without an endpoint a connection is reset', async (t) => {
  const b = await balancer(t)
  await t.rejects(exchange(b.port, 'hi'), { code: 'ECONNRESET' })
  t.equal(b.refused(), 1)
})

t.test('a dead endpoint is a reset, not a second try', async (t) => {
  const b = await balancer(t)
  const dead = await backend(t, 'dead')
  dead.server.close()
  await once(dead.server, 'close')
  b.setEndpoints([dead])
  await t.rejects(exchange(b.port, 'hi'), { code: 'ECONNRESET' })
})

t.test('a removed endpoint keeps its connections and gets no new ones', async (t) => {
  const b = await balancer(t)
  const [first, second] = await Promise.all([backend(t, 'first'), backend(t, 'second')])
  b.setEndpoints([first])
  const { socket } = await hold(t, b.port)
  b.setEndpoints([second])
  for (let index = 0; index < 20; index++) t.equal(await exchange(b.port, ''), 'second:')
  socket.write('still here')
  t.equal(String((await once(socket, 'data'))[0]), 'still here')
  t.match(b.counts(), [
    { port: first.port, opened: 1, open: 1 },
    { port: second.port, opened: 20 },
  ])
  socket.end()
  await once(socket, 'close')
  const ofFirst = () => b.counts().some(({ port }) => port === first.port)
  while (ofFirst()) await new Promise(setImmediate)
  t.notOk(ofFirst(), 'and is forgotten after its last')
})

t.test('the news of a removal takes its time, and can be taken back', async (t) => {
  const endpointLagMs = 1000
  const b = await balancer(t, { endpointLagMs })
  const [first, second] = await Promise.all([backend(t, 'first'), backend(t, 'second')])
  b.setEndpoints([first])
  b.setEndpoints([])
  t.equal(await exchange(b.port, ''), 'first:', 'still used')
  b.setEndpoints([first])
  await new Promise((resolve) => setTimeout(resolve, endpointLagMs + 100))
  t.equal(await exchange(b.port, ''), 'first:', 'the removal was taken back')
  b.setEndpoints([second])
  const removedAtMs = performance.now()
  const used = new Set<string>()
  while (b.counts().some(({ port }) => port === first.port)) used.add(await exchange(b.port, ''))
  const tookMs = performance.now() - removedAtMs
  t.ok(tookMs > endpointLagMs - 10, `forgotten after ${Math.round(tookMs)} ms of a lag of ${endpointLagMs} ms`)
  t.ok(used.has('first:'), 'and used until then')
  t.equal(await exchange(b.port, ''), 'second:')
})

t.test('each removal can take a time of its own', async (t) => {
  const lagsMs = [60_000, 0]
  const b = await balancer(t, { endpointLagMs: () => lagsMs.shift() as number })
  const [first, second] = await Promise.all([backend(t, 'first'), backend(t, 'second')])
  b.setEndpoints([first, second])
  b.setEndpoints([second])
  b.setEndpoints([])
  t.equal(await exchange(b.port, ''), 'first:', 'the second is gone before the first')
  t.match(b.counts(), [{ port: first.port }])
  t.strictSame(lagsMs, [], 'asked once for each')
})

t.test('a reset on one side is a reset on the other', async (t) => {
  const b = await balancer(t)
  const a = await backend(t, 'a')
  b.setEndpoints([a])
  const fromBackend = await hold(t, b.port)
  a.connections[0]?.resetAndDestroy()
  t.match((await once(fromBackend.socket, 'error'))[0], { code: 'ECONNRESET' })
  const fromClient = await hold(t, b.port)
  const cut = once(a.connections[1] as Socket, 'error')
  fromClient.socket.resetAndDestroy()
  t.match((await cut)[0], { code: 'ECONNRESET' })
})

t.test('above its limit a connection is closed at once', async (t) => {
  const b = await balancer(t, { connectionsMax: 1 })
  b.setEndpoints([await backend(t, 'a')])
  await hold(t, b.port)
  const second = await exchange(b.port, '').catch((error) => error.code)
  t.ok(['', 'ECONNRESET', 'EPIPE'].includes(second), `got ${second}`)
})

t.test('closing cuts what is open and frees the port', async (t) => {
  const b = await startBalancer({ endpointLagMs: 60_000 })
  b.setEndpoints([await backend(t, 'a')])
  const { socket } = await hold(t, b.port)
  b.setEndpoints([])
  const closed = once(socket, 'close')
  await b.close()
  await closed
  const again = await balancer(t, { port: b.port })
  t.equal(again.port, b.port)
  await t.rejects(startBalancer({ port: b.port }), { code: 'EADDRINUSE' })
})
