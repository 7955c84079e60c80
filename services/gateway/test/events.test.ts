import t from 'tap'
import { event, metric, open } from './helper.ts'

t.test('GET /api/events lists what catalog lists, asking it every time but for what changed', async (t) => {
  const { server, catalog, service } = await open(t)
  for (let i = 0; i < 3; i++) {
    const reply = await server.inject({ url: '/api/events', headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } })
    t.equal(reply.statusCode, 200)
    t.strictSame(reply.json(), { events: [event], degraded: false })
  }
  t.strictSame(
    catalog.seen.map(({ headers }) => headers['if-none-match']),
    [undefined, '"1"', '"1"'],
  )
  t.equal(catalog.seen[0]?.headers.traceparent, `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, 'the trace goes on')
  t.ok(Number(catalog.seen[0]?.headers['x-request-timeout-ms']) <= 1000, 'the deadline goes on')
  t.equal(await metric(service, 'gateway_degraded_answers_total'), 0)
})

for (const mode of ['slow', 'reset', 'error', 'overloaded', 'absent'] as const) {
  t.test(`when catalog is ${mode}, its last good list is shown and marked`, async (t) => {
    const { server, catalog, service } = await open(t)
    await server.inject('/api/events')
    if (mode === 'absent') await catalog.close()
    else catalog.mode = mode
    const reply = await server.inject('/api/events')
    t.equal(reply.statusCode, 200)
    t.strictSame(reply.json(), { events: [event], degraded: true })
    t.equal(await metric(service, 'gateway_degraded_answers_total'), 1)
  })
}

t.test('without a last good list there is a 503 that says when to come back and nothing of what went wrong inside', async (t) => {
  const { server, catalog } = await open(t)
  await catalog.close()
  const reply = await server.inject('/api/events')
  t.equal(reply.statusCode, 503)
  t.match(reply.headers, { 'retry-after': /^[12]$/, 'content-type': /^application\/problem\+json/ })
  t.match(reply.json(), { code: 'dependency_unavailable', status: 503, instance: '/api/events' })
  t.notMatch(reply.body, /ECONN|127\.0\.0\.1|at /)
})

t.test('a list that is none is not believed', async (t) => {
  const [tier] = event.tiers
  const odd = [
    null,
    { ...event, name: 1 },
    { ...event, tiers: undefined },
    { ...event, tiers: [null] },
    { ...event, tiers: [{ ...tier, priceCents: '1' }] },
  ]
  for (const events of ['none', ...odd.map((one) => [event, one])]) {
    const { server } = await open(t, { catalog: () => ({ status: 200, body: { events } }) })
    t.match((await server.inject('/api/events')).json(), { status: 503, code: 'dependency_unavailable' })
  }
})

t.test('what catalog says may be out of date is passed on as such, however often it is asked', async (t) => {
  const { server } = await open(t, {
    catalog: ({ headers }) =>
      headers['if-none-match'] ? { status: 304 } : { status: 200, body: { events: [event], degraded: true }, headers: { etag: '"1"' } },
  })
  for (let i = 0; i < 2; i++) t.strictSame((await server.inject('/api/events')).json(), { events: [event], degraded: true })
})
