import { performance } from 'node:perf_hooks'
import t from 'tap'
import { type App, built, dial, listening, metric, until } from './helper.ts'

const shed = 'http_server_requests_shed_total'

/** Keeps the event loop busy. */
function work(ms: number): void {
  for (const end = performance.now() + ms; performance.now() < end; );
}

t.test('beyond the limit requests are refused at once, browsing first, with a Retry-After of whole seconds', async (t) => {
  const release: (() => void)[] = []
  const { service, url } = await listening(
    t,
    (server) => {
      for (const priority of ['browse', 'start', 'finish'] as const)
        server.get(`/${priority}`, { config: { priority } }, () => new Promise<string>((resolve) => release.push(() => resolve('done'))))
    },
    { CONCURRENCY_LIMIT_MAX: '20' },
  )
  const held: Promise<number>[] = []
  const fill = async (path: string) => {
    for (;;) {
      const before = release.length
      const reply = fetch(`${url}/${path}`)
      const refused = await Promise.race([reply, until(() => release.length > before).then(() => undefined)])
      if (refused !== undefined) return refused
      held.push(reply.then(({ status }) => status))
    }
  }
  for (const [path, inFlight] of [
    ['browse', 15],
    ['start', 18],
    ['finish', 20],
  ] as const) {
    const refused = await fill(path)
    t.equal(release.length, inFlight, `${path} fills its share`)
    t.match([refused.status, ((await refused.json()) as { code: string }).code], [503, 'overloaded'])
    t.match(refused.headers.get('retry-after'), /^[12]$/)
  }
  t.equal(await metric(service, shed), 3)
  t.equal(await metric(service, 'http_server_requests_total'), 23, 'arrivals, shed ones included')
  for (const resolve of release) resolve()
  t.match(await Promise.all(held), Array(20).fill(200), 'nobody who was admitted is lost')
  const again = fetch(`${url}/browse`)
  await until(() => release.length === 21)
  release[20]?.()
  t.equal((await again).status, 200, 'there is room again')
})

t.test("a stream that stays open holds no place, and its length is nobody's latency", async (t) => {
  const open: (() => void)[] = []
  const { service, url } = await listening(
    t,
    (server) => {
      server.get('/stream', { config: { stream: true } }, (_request, reply) => {
        reply.hijack()
        reply.raw.writeHead(200).write('begun')
        open.push(() => reply.raw.end())
      })
    },
    { CONCURRENCY_LIMIT_MAX: '4' },
  )
  const replies = await Promise.all(Array.from({ length: 10 }, () => fetch(`${url}/stream`)))
  t.match(replies, Array(10).fill({ status: 200 }))
  for (const end of open) end()
  await Promise.all(replies.map((reply) => reply.text()))
  t.equal(await metric(service, 'http_server_active_requests'), 0)
  t.notMatch((await service.ops.inject('/metrics')).body, 'http_route="/stream"')
})

t.test('handlers that never wait are begun a few a turn, the dearest first, and who would wait too long is refused at once', async (t) => {
  const begun: string[] = []
  const app: App = (server) => {
    for (const priority of ['browse', 'finish'] as const)
      server.get(`/${priority}`, { config: { priority } }, (_request, reply) => {
        begun.push(priority)
        work(10)
        reply.send('done')
      })
  }
  const { service, port, url } = await listening(t, app)
  const clients = await Promise.all(Array.from({ length: 80 }, () => dial(t, port)))
  // A turn accepts one connection; only accepted ones can be read in the same turn.
  await until(() => new Promise((resolve) => service.server.server.getConnections((_error, count) => resolve(count === 80))))
  // A first crowd teaches the queue how long a request takes; the second meets what it has learned.
  const ask = (path: string, from: number, to: number) => {
    for (const { socket } of clients.slice(from, to)) socket.write(`GET /${path} HTTP/1.1\r\nHost: x\r\n\r\n`)
    return until(() => clients.slice(from, to).every(({ text }) => text() !== ''))
  }
  await ask('browse', 0, 35)
  begun.length = 0
  await Promise.all([ask('browse', 35, 75), ask('finish', 75, 80)])
  const answers = (status: number, from: number, to: number) =>
    clients.slice(from, to).filter(({ text }) => text().startsWith(`HTTP/1.1 ${status}`)).length
  const refused = answers(503, 35, 75)
  t.ok(refused > 5 && refused < 35, `${refused} of 40 would wait for more than 150 ms`)
  t.equal(answers(200, 75, 80), 5, 'nobody who finishes is refused')
  t.ok(begun.lastIndexOf('finish') < begun.length / 2, `and they go first: ${begun}`)
  t.equal(await metric(service, 'http_server_queued_requests'), 0)
  // A machine that was just slow may have it refuse one or two more.
  await t.resolves(
    until(async () => (await fetch(`${url}/browse`)).status === 200),
    'then there is room again',
  )
})

t.test('handlers that take next to nothing are not refused for being asked by many at once', async (t) => {
  const { service, port } = await listening(t, (server) => void server.get('/cheap', (_request, reply) => reply.send('done')))
  const clients = await Promise.all(Array.from({ length: 100 }, () => dial(t, port)))
  await until(() => new Promise((resolve) => service.server.server.getConnections((_error, count) => resolve(count === 100))))
  for (let round = 1; round <= 5; round++) {
    for (const { socket } of clients) socket.write('GET /cheap HTTP/1.1\r\nHost: x\r\n\r\n')
    await until(() => clients.every(({ text }) => text().split('done').length - 1 === round || text().includes(' 503 ')))
  }
  t.equal(await metric(service, shed), 0)
})

t.test('requests whose bodies are still on their way hold no place', async (t) => {
  const { port, url } = await listening(t, (server) => void server.post('/orders', (_request, reply) => reply.send('done')), {
    CONCURRENCY_LIMIT_MAX: '4',
  })
  for (let i = 0; i < 20; i++) {
    const { socket } = await dial(t, port)
    socket.write('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{')
  }
  await new Promise((resolve) => setTimeout(resolve, 50))
  const reply = await fetch(`${url}/orders`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } })
  t.equal(reply.status, 200)
})

t.test('a refused upload is answered before its body is read', async (t) => {
  const { port, url } = await listening(
    t,
    (server) => {
      server.get('/hold', () => new Promise(() => {}))
      server.post('/orders', (_request, reply) => reply.send('done'))
    },
    { CONCURRENCY_LIMIT_MAX: '4' },
  )
  for (let i = 0; i < 3; i++) fetch(`${url}/hold`).catch(() => {})
  await new Promise((resolve) => setTimeout(resolve, 100))
  const { socket, text } = await dial(t, port)
  socket.write('POST /orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{')
  await until(() => text().includes('overloaded'))
  t.match(text(), /^HTTP\/1\.1 503/)
})

t.test('under-pressure behind the limit judges the last second, not the life of the process', async (t) => {
  const { service, url } = await listening(t, (server) => void server.get('/ok', (_request, reply) => reply.send('done')), {
    PRESSURE_MAX_EVENT_LOOP_UTILIZATION: '0.9',
    PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '0',
  })
  // Idle long enough that a cumulative figure would stay far below the threshold.
  await new Promise((resolve) => setTimeout(resolve, 2000))
  t.equal((await fetch(`${url}/ok`)).status, 200)
  const busyUntil = performance.now() + 2200
  const turn = () => {
    work(20)
    if (performance.now() < busyUntil) setImmediate(turn)
  }
  turn()
  await new Promise((resolve) => setTimeout(resolve, 2100))
  const refused = await service.server.inject('/ok')
  t.match([refused.statusCode, refused.json().code], [503, 'overloaded'])
  t.match(refused.headers['retry-after'], /^[234]$/)
  t.equal((await service.ops.inject('/livez')).statusCode, 200, 'probes are never shed')
  t.equal((await service.ops.inject('/metrics')).statusCode, 200)
  await until(async () => (await service.server.inject('/ok')).statusCode === 200, 4000)
})

t.test('the pressure checks are off at 0', async (t) => {
  const { server } = await built(t, (server) => void server.get('/ok', (_request, reply) => reply.send('done')), {
    PRESSURE_MAX_EVENT_LOOP_DELAY_MS: '0',
  })
  t.equal((await server.inject('/ok')).statusCode, 200)
})
