import t from 'tap'
import { problems } from '../errors.ts'
import { Health } from '../health.ts'
import { createMetrics } from '../metrics.ts'
import { createOps } from '../ops.ts'
import { built } from './helper.ts'

/** The ops server of a service that has not started, and a function for the statuses its three probes answer now. */
function bare(t: { teardown(close: () => Promise<void>): unknown }) {
  const health = new Health()
  const ops = createOps(health, createMetrics())
  t.teardown(() => ops.close())
  const probes = async () => {
    const replies = await Promise.all(['/startupz', '/livez', '/readyz'].map((path) => ops.inject(path)))
    return replies.map(({ statusCode }) => statusCode)
  }
  return { health, ops, probes }
}

t.test('each probe answers for its own question through the life of a service', async (t) => {
  const { health, probes } = bare(t)
  const database = Promise.withResolvers<boolean>()
  health.require('database', () => database.promise)
  t.strictSame(await probes(), [503, 200, 503], 'starting')
  const started = health.start()
  t.strictSame(await probes(), [503, 200, 503], 'looking for the database')
  while (!health.started) await new Promise((resolve) => setTimeout(resolve, 5))
  t.strictSame(await probes(), [200, 200, 503], 'started, database not seen yet')
  database.resolve(true)
  await started
  t.strictSame(await probes(), [200, 200, 200], 'ready')
  health.stop()
  t.strictSame(await probes(), [200, 200, 503], 'draining: unready, but not to be restarted')
})

t.test('readiness says what is missing', async (t) => {
  const { health, ops } = bare(t)
  health.require('database', async () => true)
  t.strictSame((await ops.inject('/readyz')).json(), { status: 'unready', missing: ['started', 'database'] })
  await health.start()
  t.strictSame((await ops.inject('/readyz')).json(), { status: 'ready', missing: [] })
})

t.test('a dependency that is down is shown and fails no probe', async (t) => {
  const { health, ops, probes } = bare(t)
  health.watch('database', () => ({ status: 'down', detail: 'refused' }))
  await health.start()
  t.strictSame((await ops.inject('/dependencies')).json(), { database: { status: 'down', detail: 'refused' } })
  t.strictSame(await probes(), [200, 200, 200])
})

t.test('metrics come in the text format of Prometheus', async (t) => {
  const { ops } = bare(t)
  const reply = await ops.inject('/metrics')
  t.equal(reply.statusCode, 200)
  t.equal(reply.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8')
  t.match(reply.body, /^# TYPE http_server_requests_total counter\nhttp_server_requests_total 0$/m)
  t.equal(reply.body.at(-1), '\n')
})

t.test('what it does not know is answered as a problem document', async (t) => {
  const { ops } = bare(t)
  const missing = await ops.inject('/health')
  t.equal(missing.headers['content-type'], 'application/problem+json')
  t.match(missing.json(), { status: 404, code: 'route_not_found', instance: '/health' })
  t.match((await ops.inject({ method: 'DELETE', url: '/readyz' })).json(), { status: 405, code: 'method_not_allowed' })
  t.match((await ops.inject('/%zz')).json(), { status: 400, code: 'malformed_request' })
})

t.test('the probes are not on the public port, and the public routes not on this one', async (t) => {
  const { server, ops } = await built(t, (server) => {
    server.get('/tickets', async () => ({}))
  })
  for (const path of ['/startupz', '/livez', '/readyz', '/metrics', '/dependencies'])
    t.strictSame([(await server.inject(path)).statusCode, (await ops.inject(path)).statusCode === 404], [404, false], path)
  t.equal((await ops.inject('/tickets')).statusCode, 404)
})

t.test('probes are neither shed nor counted', async (t) => {
  const { server, ops } = await built(t, (server) => {
    server.addHook('onRequest', async () => {
      throw problems.overloaded()
    })
    server.get('/tickets', async () => ({}))
  })
  t.equal((await server.inject('/tickets')).statusCode, 503)
  for (let i = 0; i < 3; i++) t.equal((await ops.inject('/livez')).statusCode, 200)
  t.match((await ops.inject('/metrics')).body, /^http_server_requests_total 1$/m)
})

t.test('a service may add routes of its own, which the public does not reach', async (t) => {
  const { server, ops } = await built(t, (server) => {
    server.kit.ops.post('/faults', async () => ({ planted: true }))
  })
  t.strictSame((await ops.inject({ method: 'POST', url: '/faults' })).json(), { planted: true })
  t.equal((await server.inject({ method: 'POST', url: '/faults' })).statusCode, 404)
})

t.test('it closes with a connection kept alive', async (t) => {
  const { ops } = bare(t)
  const url = await ops.listen({ host: '127.0.0.1', port: 0 })
  const response = await fetch(`${url}/livez`)
  t.strictSame(await response.json(), { status: 'alive' })
  await ops.close()
  t.equal(ops.server.listening, false)
  await t.rejects(fetch(`${url}/livez`))
})
