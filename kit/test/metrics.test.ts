import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { problems } from '../errors.ts'
import { createMetrics } from '../metrics.ts'
import type { Server } from '../service.ts'
import { built, metric } from './helper.ts'

function shop(server: Server): void {
  server.get('/events/:id', async () => ({}))
  server.post('/orders', async (_request, reply) => reply.code(201).send({}))
  server.get('/broken', async () => {
    throw new Error('broken')
  })
}

/** Injected requests all arrive in one turn of the event loop, which counts as a queue and is shed, unless turns are left between them. */
async function inTurns(times: number, send: (i: number) => Promise<unknown>): Promise<void> {
  for (let i = 0; i < times; i++) {
    await send(i)
    await turn()
  }
}

const duration = 'http_server_request_duration_seconds'
const countOf = (method: string, route: string, status: number) =>
  `${duration}_count{http_request_method="${method}",http_route="${route}",http_response_status_code="${status}"}`

t.test('1,000 distinct URLs make one series: labels are the pattern, never the URL', async (t) => {
  const service = await built(t, shop)
  await inTurns(1000, (i) => service.server.inject(`/events/e${i}?page=${i}`))
  const { body } = await service.ops.inject('/metrics')
  t.match(body, `${countOf('GET', '/events/:id', 200)} 1000\n`)
  t.equal(body.match(/_duration_seconds_count\{/g)?.length, 1)
  t.notMatch(body, /e999/)
})

t.test('1,000 unknown URLs and methods make one series each', async (t) => {
  const service = await built(t, shop)
  await inTurns(1000, (i) => service.server.inject(`/probe/${i}`))
  for (const method of ['PROPFIND', 'LOCK', 'UNLOCK']) await service.server.inject({ method: method as 'GET', url: '/events/a' })
  t.equal(await metric(service, countOf('GET', '', 404)), 1000)
  t.equal(await metric(service, countOf('_OTHER', '', 405)), 3)
  t.equal((await service.ops.inject('/metrics')).body.match(/_duration_seconds_count\{/g)?.length, 2)
})

t.test('method, route and status tell series apart', async (t) => {
  const service = await built(t, shop)
  await service.server.inject('/events/a')
  await service.server.inject({ method: 'HEAD', url: '/events/a' })
  await service.server.inject({ method: 'POST', url: '/orders' })
  await service.server.inject('/broken')
  await service.server.inject('/broken')
  t.equal(await metric(service, countOf('GET', '/events/:id', 200)), 1)
  t.equal(await metric(service, countOf('HEAD', '/events/:id', 200)), 1)
  t.equal(await metric(service, countOf('POST', '/orders', 201)), 1)
  t.equal(await metric(service, countOf('GET', '/broken', 500)), 2)
  t.equal(await metric(service, 'http_server_requests_total'), 5)
})

t.test('each instance has a registry of its own', async (t) => {
  const [a, b] = [await built(t, shop), await built(t, shop)]
  await a.server.inject('/events/a')
  t.equal(await metric(a, 'http_server_requests_total'), 1)
  t.equal(await metric(b, 'http_server_requests_total'), 0)
  t.match(await metric(b, countOf('GET', '/events/:id', 200)), Number.NaN)
  t.not(createMetrics().registry, createMetrics().registry)
})

t.test('a request is in flight until its reply, and its duration is in seconds', async (t) => {
  const entered = Promise.withResolvers<void>()
  const release = Promise.withResolvers<void>()
  const service = await built(t, (server) => {
    server.get('/slow', async () => {
      entered.resolve()
      await release.promise
      return {}
    })
  })
  const reply = service.server.inject('/slow')
  await entered.promise
  t.equal(await metric(service, 'http_server_active_requests'), 1)
  t.equal(await metric(service, 'http_server_requests_total'), 1, 'it counts when it arrives')
  await sleep(60)
  release.resolve()
  await reply
  t.equal(await metric(service, 'http_server_active_requests'), 0)
  const sumS = await metric(service, countOf('GET', '/slow', 200).replace('_count', '_sum'))
  t.ok(sumS >= 0.055 && sumS < 5, `${sumS} s`)
})

t.test('a shed request is an arrival and shed, and stays out of the durations', async (t) => {
  const service = await built(t, (server) => {
    server.addHook('onRequest', async (request) => {
      request.exchange.shed = true
      throw problems.overloaded()
    })
    shop(server)
  })
  await service.server.inject('/events/a')
  t.equal(await metric(service, 'http_server_requests_total'), 1)
  t.equal(await metric(service, 'http_server_requests_shed_total'), 1)
  t.equal(await metric(service, 'http_server_active_requests'), 0)
  t.notMatch((await service.ops.inject('/metrics')).body, `${duration}_count`)
})

t.test('a counter read when scraped does not grow by being scraped', async (t) => {
  const { registry, traffic } = createMetrics()
  traffic.arrivals = 7
  const scraped = async () => (await registry.metrics()).match(/^http_server_requests_total (\d+)$/m)?.[1]
  t.strictSame(await Promise.all([scraped(), scraped()]), ['7', '7'])
  t.equal(await scraped(), '7')
})

function block(ms: number): void {
  for (const until = performance.now() + ms; performance.now() < until; );
}

t.test(
  'event loop utilization is that since the last scrape: 1 when blocked after idling, where the cumulative figure is far below',
  async (t) => {
    const gauge = createMetrics().registry.getSingleMetric('nodejs_eventloop_utilization')
    const read = async () => (await gauge?.get())?.values[0]?.value ?? Number.NaN
    const start = performance.eventLoopUtilization()
    await sleep(500)
    const idle = await read()
    block(100)
    const blocked = await read()
    const cumulative = performance.eventLoopUtilization(start).utilization
    t.ok(idle < 0.5, `idle: ${idle}`)
    t.ok(blocked > 0.95 && blocked <= 1, `blocked: ${blocked}`)
    t.ok(cumulative < 0.6, `cumulative: ${cumulative}`)
  },
)

t.test('CPU seconds are those of the process and grow with work', async (t) => {
  const { registry } = createMetrics()
  const read = async () => (await registry.getSingleMetric('process_cpu_seconds_total')?.get())?.values[0]?.value ?? Number.NaN
  const before = await read()
  const { user, system } = process.cpuUsage()
  t.ok(Math.abs(before - (user + system) / 1e6) < 1, `${before} s`)
  while (process.cpuUsage().user < user + 50_000);
  const grown = (await read()) - before
  t.ok(grown >= 0.05 && grown < 5, `${grown} s more`)
})
