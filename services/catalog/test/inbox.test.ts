import { randomUUID } from 'node:crypto'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, query } = await startDatabase(t, migrateFile, { SEED: 'true' })
const at = '2026-11-01T10:00:00.000Z'

function orderEvent(tierId = 'harbor-jazz-floor', quantity = 2) {
  return { id: randomUUID(), type: 'order.confirmed', orderId: randomUUID(), eventId: tierId.replace(/-\w+$/, ''), tierId, quantity, at }
}

async function sold(tierId: string): Promise<number> {
  return Number((await query('SELECT sold FROM tiers WHERE id = $1', [tierId])).rows[0].sold)
}

t.test('a batch is applied, and only once', async (t) => {
  const { server } = await build(t, service, env)
  const events = [orderEvent(), orderEvent(), orderEvent('harbor-jazz-balcony', 1)]
  const deliver = (batch: unknown[]) => server.inject({ method: 'POST', url: '/inbox', payload: { events: batch } })
  t.strictSame((await deliver(events)).json(), { accepted: 3 })
  t.strictSame((await deliver(events)).json(), { accepted: 0 }, 'delivered again')
  const more = orderEvent()
  t.strictSame((await deliver([...events, more, more])).json(), { accepted: 1 }, 'partly new, and twice in one batch')
  t.equal(await sold('harbor-jazz-floor'), 6)
  t.equal(await sold('harbor-jazz-balcony'), 1)
  t.strictSame((await deliver([])).json(), { accepted: 0 })
  t.strictSame((await deliver([orderEvent('unknown-event-floor')])).json(), { accepted: 1 }, 'a tier it does not know has no count')
})

t.test('batches that overlap, from several publishers at once, count each event once', async (t) => {
  const services = await Promise.all([1, 2, 3].map(() => build(t, service, env)))
  const events = Array.from({ length: 300 }, (_, i) => orderEvent(i % 2 ? 'city-marathon-floor' : 'city-marathon-balcony', 1 + (i % 4)))
  const deliveries = Array.from({ length: 30 }, (_, i) => {
    const start = (i * 37) % 250
    const batch = events.slice(start, start + 50)
    if (i % 2) batch.reverse()
    return services[i % 3]?.server.inject({ method: 'POST', url: '/inbox', payload: { events: batch } })
  })
  const replies = await Promise.all(deliveries)
  for (const reply of replies) t.equal(reply?.statusCode, 200)
  const taken = await query("SELECT tier_id, sum(quantity) AS quantity FROM inbox WHERE event_id = 'city-marathon' GROUP BY tier_id")
  t.equal(taken.rows.length, 2)
  for (const { tier_id, quantity } of taken.rows) t.equal(await sold(tier_id), Number(quantity), tier_id)
})

t.test('a batch that breaks the contract is refused whole', async (t) => {
  const { server } = await build(t, service, env)
  const before = (await query('SELECT count(*) FROM inbox')).rows
  const good = orderEvent()
  const bad: [string, unknown][] = [
    ['no body', undefined],
    ['not an object', []],
    ['unknown property', { events: [], extra: 1 }],
    ['too many', { events: Array.from({ length: 101 }, () => orderEvent()) }],
    ['id', { events: [good, { ...good, id: 'x' }] }],
    ['type', { events: [good, { ...good, type: 'order.cancelled' }] }],
    ['quantity as text', { events: [good, { ...good, quantity: '2' }] }],
    ['quantity', { events: [good, { ...good, quantity: 0 }] }],
    ['NUL', { events: [good, { ...good, tierId: 'a\u0000' }] }],
    ['instant', { events: [good, { ...good, at: 'yesterday' }] }],
    ['impossible hour', { events: [good, { ...good, at: '2026-11-01T24:00:00Z' }] }],
  ]
  for (const [name, payload] of bad) {
    const reply = await server.inject({ method: 'POST', url: '/inbox', payload: payload as object })
    t.match(
      { status: reply.statusCode, type: reply.headers['content-type'], ...reply.json() },
      { status: 400, code: 'validation_failed' },
      name,
    )
  }
  t.strictSame((await query('SELECT count(*) FROM inbox')).rows, before)
  const odd = { ...orderEvent(), at: '2026-02-31T10:00:00Z' }
  const reply = await server.inject({ method: 'POST', url: '/inbox', payload: { events: [odd] } })
  t.equal(reply.statusCode, 200, 'a day that does not exist is no reason to lose an order')
})
