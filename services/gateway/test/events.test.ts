import t from 'tap'
import { event, metric, open } from './helper.ts'

t.test('GET /api/events lists what catalog lists, asking it every time and sending nothing twice', async (t) => {
  const { server, catalog, service } = await open(t)
  for (let i = 0; i < 3; i++) {
    const reply = await server.inject('/api/events')
    t.equal(reply.statusCode, 200)
    t.strictSame(reply.json(), { events: [event], degraded: false })
  }
  t.strictSame(
    catalog.seen.map(({ headers }) => headers['if-none-match']),
    [undefined, '"1"', '"1"'],
    'the second and third ask only whether something changed',
  )
  t.match(catalog.seen[0]?.headers.traceparent, /^00-/)
  t.equal(await metric(service, 'gateway_degraded_answers_total'), 0)
})
