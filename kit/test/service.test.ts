import t, { type Test } from 'tap'
import { ConfigError, defineConfig } from '../config.ts'
import { Type } from '../schema.ts'
import { createService, defineService, type Service } from '../service.ts'
import { built, dial, listening, metric, until } from './helper.ts'

const config = defineConfig({ GREETING: Type.String({ minLength: 1 }), PROXIES: Type.Boolean({ default: false }) })
const greeter = defineService({
  name: 'greeter',
  config,
  options: ({ PROXIES }) => ({ trustProxy: PROXIES }),
  app: async (server, { GREETING }) => {
    server.get('/greeting', ({ ip }, reply) => reply.send({ greeting: GREETING, ip }))
  },
})

async function created(t: Test, env: Record<string, string>): Promise<Service> {
  const service = await createService(greeter, { LOG_LEVEL: 'silent', ...env })
  t.teardown(() => service.close())
  return service
}

t.test('the app gets the checked configuration, and kit hangs on the server', async (t) => {
  const service = await created(t, { GREETING: 'hello', PORT: '4000' })
  t.equal((await service.server.inject('/greeting')).json().greeting, 'hello')
  t.equal(service.config.PORT, 4000)
  t.ok(Object.isFrozen(service.config))
  const { kit } = service.server
  t.equal(kit.name, 'greeter')
  t.equal(kit.config, service.config)
  t.equal(kit.health, service.health)
  t.equal(kit.ops, service.ops)
})

t.test('an environment that cannot be used is an error before the app runs', async (t) => {
  let ran = 0
  const unusable = defineService({ ...greeter, app: async () => void ran++ })
  const error = await createService(unusable, { PORT: 'eighty' }).catch((error) => error)
  t.ok(error instanceof ConfigError)
  t.match(error.problems.toSorted(), [/^GREETING is required/, /^PORT must be integer.*"eighty"/])
  t.equal(ran, 0)
})

t.test('the configuration decides the options of the server', async (t) => {
  const headers = { 'x-forwarded-for': '203.0.113.9' }
  for (const [PROXIES, ip] of [
    ['true', '203.0.113.9'],
    ['false', '127.0.0.1'],
  ] as const) {
    const { server } = await created(t, { GREETING: 'hello', PROXIES })
    t.equal((await server.inject({ url: '/greeting', headers })).json().ip, ip)
  }
})

t.test('a tool that comes before sees every route', async (t) => {
  const urls: string[] = []
  const service = await createService(greeter, { GREETING: 'hello', LOG_LEVEL: 'silent' }, async (server) => {
    server.addHook('onRoute', ({ url, method }) => void urls.push(`${method} ${url}`))
  })
  t.teardown(() => service.close())
  await service.server.ready()
  t.ok(urls.includes('GET /greeting'), urls.join())
})

t.test('two services in one process do not share their metrics', async (t) => {
  const one = await created(t, { GREETING: 'one' })
  const other = await created(t, { GREETING: 'other' })
  await one.server.inject('/greeting')
  t.equal(await metric(one, 'http_server_requests_total'), 1)
  t.equal(await metric(other, 'http_server_requests_total'), 0)
})

t.test('what is too large is refused: body, header fields, path parameter', async (t) => {
  let handled = 0
  const { port } = await listening(t, (server) => {
    server.post('/things/:id', (_request, reply) => {
      handled++
      return reply.send({})
    })
  })
  const send = async (path: string, header: string, length: number) => {
    const { socket, text } = await dial(t, port)
    socket.write(`POST ${path} HTTP/1.1\r\nHost: sample\r\n${header}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`)
    socket.write(`"${'x'.repeat(length - 2)}"`)
    await until(() => text().includes('\r\n\r\n'))
    return Number(text().split(' ', 2)[1])
  }
  t.equal(await send('/things/1', '', 65_536), 200, 'the limit itself is allowed')
  t.equal(await send('/things/1', '', 65_537), 413)
  t.equal(await send('/things/1', `X-Large: ${'x'.repeat(16_384)}\r\n`, 2), 431)
  t.equal(await send('/things/1', `X-Large: ${'x'.repeat(15_000)}\r\n`, 2), 200)
  t.equal(await send(`/things/${'x'.repeat(101)}`, '', 2), 414)
  t.equal(await send(`/things/${'x'.repeat(100)}`, '', 2), 200)
  t.equal(handled, 3)
})

t.test('closing ends both servers and is the end of readiness', async (t) => {
  const service = await created(t, { GREETING: 'hello' })
  await service.server.listen({ host: '127.0.0.1', port: 0 })
  await service.ops.listen({ host: '127.0.0.1', port: 0 })
  await service.health.start()
  t.ok(service.health.ready)
  await service.close()
  t.equal(service.health.ready, false)
  t.equal(service.server.server.listening, false)
  t.equal(service.ops.server.listening, false)
})

t.test('a request in flight is answered while the service closes, new connections are refused', async (t) => {
  const release = Promise.withResolvers<void>()
  let started = 0
  const { service, url, port } = await listening(t, (server) => {
    server.get('/slow', async () => {
      started++
      await release.promise
      return 'done'
    })
  })
  const pending = fetch(`${url}/slow`, { headers: { connection: 'close' } })
  await until(() => started === 1)
  let closed = false
  const closing = service.close().then(() => {
    closed = true
  })
  await until(() => !service.server.server.listening)
  await t.rejects(dial(t, port))
  t.equal(closed, false, 'it waits for the reply')
  release.resolve()
  const reply = await pending
  t.equal(reply.status, 200)
  t.equal(await reply.text(), 'done')
  await closing
})

t.test('errors of the app before the server is ready are not swallowed', async (t) => {
  await t.rejects(
    built(t, () => {
      throw new Error('the plugin fails')
    }),
    { message: 'the plugin fails' },
  )
})
