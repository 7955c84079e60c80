import { setTimeout as delay } from 'node:timers/promises'
import { migrate, startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const database = await startDatabase(t, migrateFile, { SEED: 'true' })
const { env, query } = database

t.test('the seed plants the demo events once', async (t) => {
  t.match(await migrate(migrateFile, env, { SEED: 'true' }), /up to date/)
  const { rows } = await query('SELECT e.id AS event, t.id AS tier FROM events e JOIN tiers t ON t.event_id = e.id ORDER BY t.id')
  t.equal(rows.length, 10)
  for (const { event, tier } of rows) t.ok([`${event}-floor`, `${event}-balcony`].includes(tier), tier)
})

t.test('GET /events lists every event, soonest first', async (t) => {
  const { server } = await build(t, service, env)
  const reply = await server.inject('/events')
  t.equal(reply.statusCode, 200)
  t.match(reply.headers, { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-cache', etag: /^"[\w-]{22}"$/ })
  const { events, degraded } = reply.json()
  t.equal(degraded, false)
  t.strictSame(
    events.map((event: { id: string }) => event.id),
    ['science-fair', 'harbor-jazz', 'aurora-live', 'city-marathon', 'night-opera'],
  )
  t.strictSame(events[2], {
    id: 'aurora-live',
    name: 'Aurora Live',
    startsAt: '2027-06-18T18:00:00.000Z',
    tiers: [
      { id: 'aurora-live-floor', name: 'Floor', priceCents: 7900, currency: 'EUR' },
      { id: 'aurora-live-balcony', name: 'Balcony', priceCents: 5900, currency: 'EUR' },
    ],
  })
})

t.test('GET /events/{id} answers one event', async (t) => {
  const { server } = await build(t, service, env)
  const reply = await server.inject('/events/aurora-live')
  t.equal(reply.statusCode, 200)
  t.strictSame(reply.json(), { ...reply.json(), id: 'aurora-live', degraded: false })
  t.equal(reply.json().tiers.length, 2)
  const head = await server.inject({ method: 'HEAD', url: '/events/aurora-live' })
  t.match(head, { statusCode: 200, body: '', headers: { etag: reply.headers.etag } })
})

t.test('an unknown or impossible id is refused', async (t) => {
  const { server } = await build(t, service, env)
  for (const round of ['while the catalog is read', 'from the cache']) {
    const reply = await server.inject('/events/no-such-event')
    t.match({ status: reply.statusCode, ...reply.json() }, { status: 404, code: 'event_not_found' }, round)
  }
  for (const id of ['UPPER', 'a'.repeat(65), 'a_b', '%00', '-a', "a'--"]) {
    const reply = await server.inject(`/events/${id}`)
    t.match({ status: reply.statusCode, ...reply.json() }, { status: 400, code: 'validation_failed' }, id)
  }
})

t.test('a client that has the page gets 304', async (t) => {
  const { server } = await build(t, service, env)
  for (const url of ['/events', '/events/aurora-live']) {
    const etag = String((await server.inject(url)).headers.etag)
    for (const header of [etag, '*', `W/${etag}`, `"x", ${etag}`]) {
      const reply = await server.inject({ url, headers: { 'if-none-match': header } })
      t.match(reply, { statusCode: 304, body: '', headers: { etag } }, `${url} ${header}`)
      t.notOk(reply.headers['content-type'])
    }
    const other = await server.inject({ url, headers: { 'if-none-match': '"x"' } })
    t.equal(other.statusCode, 200)
  }
})

t.test('a change shows once the cache is older than its limit, under a new ETag', async (t) => {
  const { server } = await build(t, service, { ...env, CACHE_TTL_MS: '60000' })
  const impatient = await build(t, service, { ...env, CACHE_TTL_MS: '1' })
  const before = await server.inject('/events/night-opera')
  await impatient.server.inject('/events')
  await query("UPDATE events SET name = 'Opera by Night' WHERE id = 'night-opera'")
  t.equal((await server.inject('/events/night-opera')).body, before.body, 'cached')
  const after = await impatient.server.inject('/events/night-opera')
  t.equal(after.json().name, 'Opera by Night')
  t.not(after.headers.etag, before.headers.etag)
})

t.test('without the database reads go on, marked degraded, and recover by themselves', async (t) => {
  const { server } = await build(t, service, { ...env, CACHE_TTL_MS: '1' })
  const before = await server.inject('/events/aurora-live')
  await database.stop()
  try {
    for (const url of ['/events', '/events/aurora-live', '/events/aurora-live']) {
      const started = performance.now()
      const reply = await server.inject(url)
      t.ok(performance.now() - started < 1000, 'soon')
      t.match({ status: reply.statusCode, ...reply.json() }, { status: 200, degraded: true }, url)
      t.not(reply.headers.etag, before.headers.etag, 'other bytes, another ETag')
    }
    t.equal((await server.inject('/events/no-such-event')).statusCode, 404)
    const write = await server.inject({ method: 'POST', url: '/inbox', payload: { events: [orderEvent(1)] } })
    t.match({ status: write.statusCode, ...write.json() }, { status: 503, code: 'database_unavailable' })
    const empty = await build(t, service, env)
    const reply = await empty.server.inject('/events')
    t.match({ status: reply.statusCode, ...reply.json() }, { status: 503, code: 'database_unavailable' }, 'nothing was ever read')
  } finally {
    await database.start()
  }
  let reply = await server.inject('/events/aurora-live')
  for (const giveUpAt = performance.now() + 5000; reply.json().degraded && performance.now() < giveUpAt; ) {
    await delay(10)
    reply = await server.inject('/events/aurora-live')
  }
  t.equal(reply.json().degraded, false)
  t.equal(reply.body, before.body)
})

function orderEvent(number: number) {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`
  const at = '2026-11-01T10:00:00.000Z'
  return { id, type: 'order.confirmed', orderId: id, eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 2, at }
}
