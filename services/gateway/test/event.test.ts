import t from 'tap'
import { breakerVolumeMin } from '../lib/peer.ts'
import { problem } from './fake-peer.ts'
import { event, metric, open } from './helper.ts'

const url = `/api/events/${event.id}`
/** An availability is remembered for longer than a busy machine takes for a test. */
const remembering = { AVAILABILITY_TTL_MS: '60000' }
const withRemaining = (...remaining: (number | null)[]) => ({
  ...event,
  tiers: event.tiers.map((tier, index) => ({ ...tier, remaining: remaining[index] })),
})

t.test('GET /api/events/{id} joins the event with what is left of it', async (t) => {
  const { server, catalog, inventory } = await open(t, { env: remembering })
  for (let i = 0; i < 3; i++) t.strictSame((await server.inject(url)).json(), { ...withRemaining(100, 99), degraded: false })
  t.equal(catalog.seen.length, 3, 'catalog is asked every time')
  t.equal(inventory.seen.length, 1, 'inventory only once in a while')
})

t.test('a crowd that comes at once costs inventory one question', async (t) => {
  // Some of them come when it is answered already; that the others share a question in flight is micro-cache.test.ts.
  const { server, inventory } = await open(t, { env: remembering })
  const replies = await Promise.all(Array.from({ length: 20 }, () => server.inject(url)))
  t.ok(replies.every(({ statusCode }) => statusCode === 200))
  t.equal(inventory.seen.length, 1)
})

for (const mode of ['slow', 'reset', 'error', 'overloaded', 'absent'] as const) {
  t.test(`when inventory is ${mode}, what is left is unknown and the answer says so`, async (t) => {
    const { server, inventory } = await open(t)
    if (mode === 'absent') await inventory.close()
    else inventory.mode = mode
    t.strictSame((await server.inject(url)).json(), { ...withRemaining(null, null), degraded: true })
  })

  t.test(`when catalog is ${mode}, its last good answer is shown with what is left now`, async (t) => {
    const { server, catalog } = await open(t)
    await server.inject(url)
    if (mode === 'absent') await catalog.close()
    else catalog.mode = mode
    t.strictSame((await server.inject(url)).json(), { ...withRemaining(100, 99), degraded: true })
  })
}

t.test('an event nobody knows is 404 and costs inventory nothing', async (t) => {
  const { server, inventory } = await open(t)
  const reply = await server.inject('/api/events/nowhere')
  t.equal(reply.statusCode, 404)
  t.match(reply.json(), { code: 'event_not_found', instance: '/api/events/nowhere' })
  t.equal(inventory.seen.length, 0)
})

t.test('an event that catalog no longer has is forgotten, not shown as degraded', async (t) => {
  let gone = false
  const { server, catalog } = await open(t, {
    catalog: () => (gone ? { status: 404, body: problem(404, 'event_not_found') } : { status: 200, body: event }),
  })
  await server.inject(url)
  gone = true
  t.equal((await server.inject(url)).statusCode, 404)
  await catalog.close()
  t.equal((await server.inject(url)).statusCode, 503)
})

t.test('a 404 of another kind is a misrouted request, not an event that does not exist', async (t) => {
  const { server } = await open(t, { catalog: () => ({ status: 404, body: problem(404, 'route_not_found') }) })
  t.match((await server.inject(url)).json(), { status: 503, code: 'dependency_unavailable' })
})

t.test('ids that are none are refused before anybody is asked', async (t) => {
  const { server, catalog } = await open(t)
  for (const id of ['Aurora', 'a_b', '-a', 'a%2f..%2fb', 'a%20b', `${'a'.repeat(65)}`]) {
    const reply = await server.inject(`/api/events/${id}`)
    t.equal(reply.statusCode, 400, id)
    t.match(reply.json(), { code: 'validation_failed', errors: [{ path: 'params/id' }] })
  }
  t.match((await server.inject(`/api/events/${'a'.repeat(101)}`)).json(), { status: 414, code: 'uri_too_long' })
  t.equal(catalog.seen.length, 0)
})

t.test('a caller in a hurry does not spoil the answer of those who wait with it', async (t) => {
  const { server, inventory } = await open(t)
  const hurried = { url, headers: { 'x-request-timeout-ms': '800' } }
  const [first] = await Promise.all([server.inject(hurried), server.inject(url)])
  t.equal(first.statusCode, 200)
  t.ok(Number(inventory.seen[0]?.headers['x-request-timeout-ms']) > 800, 'inventory has its full time')
})

t.test('availabilities that never come open the breaker: inventory gets air, and nobody waits any more', async (t) => {
  const { server, service, inventory } = await open(t, { env: { AVAILABILITY_TTL_MS: '0', INVENTORY_TIMEOUT_MS: '20' } })
  inventory.mode = 'slow'
  for (let i = 0; i <= breakerVolumeMin; i++) await server.inject(url)
  t.equal(await metric(service, 'http_client_inventory_breaker_open'), 1)
  const asked = inventory.seen.length
  t.strictSame((await server.inject(url)).json(), { ...withRemaining(null, null), degraded: true })
  t.equal(inventory.seen.length, asked, 'nothing was sent')
})
