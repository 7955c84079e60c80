import { Agent, createServer, get } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { listening, until } from './helper.ts'

const app = (name: string) => (server: Parameters<Parameters<typeof listening>[1]>[0]) =>
  void server.get('/who', (_request, reply) => reply.send(name))

t.test('a reply says Connection: close once its connection is older than the jittered age, and not before', async (t) => {
  const { url } = await listening(t, app('a'), { CONNECTION_MAX_AGE_MS: '400' })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  t.teardown(() => agent.destroy())
  const startedAt = performance.now()
  for (;;) {
    const closed = (await ask(agent, `${url}/who`)).closes
    const ageMs = performance.now() - startedAt
    if (closed) {
      t.ok(ageMs >= 200 && ageMs < 600 + 400, `closed at ${ageMs} ms`)
      break
    }
    if (ageMs > 2000) return t.fail('never closed')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
})

t.test('while draining every reply says so', async (t) => {
  const { service, url } = await listening(t, app('a'), { CONNECTION_MAX_AGE_MS: '600000' })
  const before = await fetch(`${url}/who`)
  t.not(before.headers.get('connection'), 'close')
  service.health.stop()
  t.equal((await fetch(`${url}/who`)).headers.get('connection'), 'close')
})

t.test('kept-alive clients send a new replica its share within the connection age; without an age they send it nothing', async (t) => {
  for (const [ageMs, shares] of [
    ['400', true],
    ['600000', false],
  ] as const) {
    const first = await listening(t, app('first'), { CONNECTION_MAX_AGE_MS: ageMs })
    const second = await listening(t, app('second'), { CONNECTION_MAX_AGE_MS: ageMs })
    // As kube-proxy does: an endpoint is picked per connection, never per request.
    const endpoints = [first.port]
    let picked = 0
    const balancer = createServer().listen(0, '127.0.0.1')
    balancer.removeAllListeners('connection')
    balancer.on('connection', (socket) => {
      const upstream = connect(endpoints[picked++ % endpoints.length] as number, '127.0.0.1')
      socket.pipe(upstream).pipe(socket)
      socket.on('error', () => {}).on('close', () => upstream.destroy())
      upstream.on('error', () => {}).on('close', () => socket.destroy())
    })
    t.teardown(() => void balancer.close())
    await until(() => balancer.listening)
    const { port } = balancer.address() as { port: number }
    const agent = new Agent({ keepAlive: true, maxSockets: 10 })
    t.teardown(() => agent.destroy())
    const round = async () =>
      (await Promise.all(Array.from({ length: 10 }, () => ask(agent, `http://127.0.0.1:${port}/who`)))).map(({ body }) => body)
    t.same(new Set(await round()), new Set(['first']))
    endpoints.push(second.port)
    const startedAt = performance.now()
    let newest: string[] = []
    while (performance.now() - startedAt < 1500 && !(newest.filter((name) => name === 'second').length >= 3)) newest = await round()
    const share = newest.filter((name) => name === 'second').length / 10
    t.equal(share >= 0.3, shares, `age ${ageMs} ms: the new replica got ${share}`)
  }
})

function ask(agent: Agent, url: string): Promise<{ closes: boolean; body: string }> {
  return new Promise((resolve, reject) => {
    get(url, { agent }, (reply) => {
      let body = ''
      reply.setEncoding('utf8')
      reply.on('data', (chunk: string) => {
        body += chunk
      })
      reply.on('end', () => resolve({ closes: reply.headers.connection === 'close', body }))
    }).on('error', reject)
  })
}
