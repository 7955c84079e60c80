import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t, { type Test } from 'tap'
import { startProxy } from '../proxy.ts'

/** An echo behind a proxy, and a client that is connected to it. */
async function open(t: Test, random = () => 0.5) {
  const echo = createServer((socket) => socket.on('error', () => {}).pipe(socket))
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const proxy = await startProxy(random)
  proxy.target = (echo.address() as AddressInfo).port
  const sockets: Socket[] = []
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    await proxy.close()
    echo.close()
  })
  const dial = async () => {
    const socket = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => {})
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  return { proxy, dial }
}

/** `once` would reject with the reset. */
function ended(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()))
}

async function echoMs(socket: Socket): Promise<number> {
  const startedAtMs = performance.now()
  socket.write('hello')
  await once(socket, 'data')
  return performance.now() - startedAtMs
}

t.test('without a fault everything passes', async (t) => {
  const { proxy, dial } = await open(t)
  t.ok((await echoMs(await dial())) < 500)
  t.equal(proxy.taken, 1)
})

t.test('latency and bandwidth delay what passes, on connections that are open already', async (t) => {
  const { proxy, dial } = await open(t)
  const socket = await dial()
  await echoMs(socket)
  proxy.inflict({ latencyMs: 100 })
  t.ok((await echoMs(socket)) >= 195, 'each way')
  proxy.inflict({ bytesPerS: 50 })
  t.ok((await echoMs(socket)) >= 195, '5 bytes at 50 bytes/s, each way')
  proxy.inflict({})
  t.ok((await echoMs(socket)) < 150)
})

t.test('a reset ends open connections and refuses new ones; a share of it takes only some', async (t) => {
  const draws = [0.9, 0.05, 0.9]
  const { proxy, dial } = await open(t, () => draws.shift() ?? 0.9)
  const socket = await dial()
  await echoMs(socket)
  const closed = ended(socket)
  proxy.inflict({ reset: 1 })
  await closed
  proxy.inflict({ reset: 0.1 })
  t.ok((await echoMs(await dial())) < 500)
  await ended(connect({ port: proxy.port, host: '127.0.0.1' }).on('error', () => {}))
})

t.test('a black hole takes everything and answers nothing', async (t) => {
  const { proxy, dial } = await open(t)
  const socket = await dial()
  proxy.inflict({ blackHole: true })
  const answered = echoMs(socket).then(() => 'answered')
  const silence = new Promise((resolve) => setTimeout(() => resolve('silence'), 150))
  t.equal(await Promise.race([answered, silence]), 'silence')
  t.notOk(socket.destroyed, 'the connection stays open')
})

t.test('half-closed, the target is gone and the client does not learn it', async (t) => {
  const { proxy, dial } = await open(t)
  proxy.inflict({ halfClose: true })
  const socket = await dial()
  await echoMs(socket)
  socket.write('more')
  await new Promise((resolve) => setTimeout(resolve, 100))
  t.notOk(socket.destroyed)
})
