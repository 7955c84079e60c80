import t from 'tap'
import { seededRandom } from '../random.ts'
import { BuyerTraffic, type Mix, pathTraffic } from '../traffic.ts'

const EVENTS = ['aurora-live', 'harbor-jazz', 'night-opera'].map((id) => ({ id, tierIds: [`${id}-floor`, `${id}-balcony`] }))
const MIX: Mix = { browse: 45, view: 30, order: 15, read: 10 }

function buyers(mix: Partial<Mix> = MIX, hotShare = 0.7, seed = 1): BuyerTraffic {
  return new BuyerTraffic('shop:3000', seededRandom(seed), {
    mix: { browse: 0, view: 0, order: 0, read: 0, ...mix },
    events: EVENTS,
    hotEvent: 'aurora-live',
    hotShare,
  })
}

const about = (t: { ok(value: boolean, message: string): unknown }, count: number, expected: number) =>
  t.ok(Math.abs(count - expected) < 4 * Math.sqrt(expected), `${count}, about ${expected}`)

t.test('journeys come in their shares', async (t) => {
  const traffic = buyers()
  traffic.acknowledged('order-1')
  const counts: Record<string, number> = {}
  for (let count = 0; count < 10_000; count += 1) {
    const { journey } = traffic.next()
    counts[journey] = (counts[journey] ?? 0) + 1
  }
  for (const [journey, share] of Object.entries(MIX)) about(t, counts[journey] ?? 0, share * 100)
})

t.test('the hot event draws its share, the others the rest', async (t) => {
  const traffic = buyers({ order: 1 })
  const counts: Record<string, number> = {}
  const quantities = new Set<number>()
  const tiers = new Set<string>()
  for (let count = 0; count < 10_000; count += 1) {
    const { order } = traffic.next()
    counts[order?.eventId ?? ''] = (counts[order?.eventId ?? ''] ?? 0) + 1
    quantities.add(order?.quantity ?? 0)
    tiers.add(order?.tierId ?? '')
    if (!order?.tierId.startsWith(order.eventId)) t.fail('a tier of another event')
  }
  about(t, counts['aurora-live'] ?? 0, 7000)
  about(t, counts['harbor-jazz'] ?? 0, 1500)
  about(t, counts['night-opera'] ?? 0, 1500)
  t.same([...quantities].sort(), [1, 2, 3, 4])
  t.equal(tiers.size, 6)
})

t.test('an order is a whole request with a key of its own', async (t) => {
  const { bytes, order, journey } = buyers({ order: 1 }).next()
  t.equal(journey, 'order')
  const [head = '', body = ''] = bytes.split('\r\n\r\n')
  t.same(JSON.parse(body), { eventId: order?.eventId, tierId: order?.tierId, quantity: order?.quantity })
  const lines = head.split('\r\n')
  t.equal(lines[0], 'POST /api/orders HTTP/1.1')
  for (const line of [
    'host: shop:3000',
    `idempotency-key: ${order?.key}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
  ]) {
    t.ok(lines.includes(line), line)
  }
})

t.test('a seed repeats the choices but never the keys', async (t) => {
  const [one, two] = [buyers(), buyers()]
  const orders = []
  for (let count = 0; count < 200; count += 1) {
    const [a, b] = [one.next(), two.next()]
    t.equal(a.journey, b.journey)
    if (a.order && b.order) {
      t.same({ ...a.order, key: '' }, { ...b.order, key: '' })
      orders.push(a.order.key, b.order.key)
    }
  }
  t.ok(orders.length > 20)
  t.equal(new Set(orders).size, orders.length)
})

t.test('reads ask for acknowledged orders, and browse until there is one', async (t) => {
  const traffic = buyers({ read: 1 })
  t.equal(traffic.next().journey, 'browse')
  for (let count = 0; count < 1200; count += 1) traffic.acknowledged(`order-${count}`)
  const asked = new Set(Array.from({ length: 5000 }, () => traffic.next().bytes.split(' ')[1]))
  t.notOk(asked.has('/api/orders/order-199'), 'only the latest 1000')
  t.ok(asked.has('/api/orders/order-1199') || asked.size > 900)
})

t.test('what cannot be', async (t) => {
  t.throws(
    () => new BuyerTraffic('h', seededRandom(1), { mix: MIX, events: EVENTS, hotEvent: 'x', hotShare: 1 }),
    /no event "x" on sale, there are: aurora-live, harbor-jazz/,
  )
  t.throws(() => buyers({}), /at least one journey/)
})

t.test('a single event takes every view', async (t) => {
  const traffic = new BuyerTraffic('h', seededRandom(1), {
    mix: { browse: 0, view: 1, order: 0, read: 0 },
    events: EVENTS.slice(0, 1),
    hotEvent: 'aurora-live',
    hotShare: 0,
  })
  t.match(traffic.next().bytes, /^GET \/api\/events\/aurora-live HTTP/)
})

t.test('one path alone', async (t) => {
  const traffic = pathTraffic('h:1', '/hello?x=1')
  t.equal(traffic.next().bytes, 'GET /hello?x=1 HTTP/1.1\r\nhost: h:1\r\naccept: */*\r\n\r\n')
  t.doesNotThrow(() => traffic.acknowledged('x'))
})
