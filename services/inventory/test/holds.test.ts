import { randomUUID } from 'node:crypto'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build, insist } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, client } = await startDatabase(t, migrateFile, { SEED: 'true', SEED_STOCK: '1000' })
const { server } = await build(t, service, { ...env, SWEEP_INTERVAL_MS: '60000', AVAILABILITY_CACHE_MS: '0' })

const tier = async (id: string) => (await client.query('SELECT stock, held, sold FROM tiers WHERE id = $1', [id])).rows[0]
const reserve = (payload: object) => server.inject({ method: 'POST', url: '/holds', payload })
const confirm = (id: string) => server.inject({ method: 'POST', url: `/holds/${id}/confirm` })
const release = (id: string) => server.inject({ method: 'DELETE', url: `/holds/${id}` })
const expire = (id: string) => client.query("UPDATE holds SET expires_at = now() - interval '1 ms' WHERE id = $1", [id])
const order = (tierId: string, quantity = 2) => ({ orderId: randomUUID(), eventId: tierId.replace(/-[a-z]+$/, ''), tierId, quantity })

t.test('a reservation holds tickets for a minute, and repeating it gives the same hold', async (t) => {
  const wanted = order('aurora-live-floor', 3)
  const before = Date.now()
  const reply = await reserve(wanted)
  const after = Date.now()
  t.equal(reply.statusCode, 201)
  const { orderId: id, ...rest } = wanted
  const hold = reply.json()
  t.strictSame(hold, { id, ...rest, state: 'held', expiresAt: hold.expiresAt })
  const heldAtMs = Date.parse(hold.expiresAt) - 60_000
  t.ok(heldAtMs > before - 1000 && heldAtMs < after + 1000, `held at ${heldAtMs}, asked at ${before}, answered at ${after}`)
  const again = await reserve(wanted)
  t.equal(again.statusCode, 201)
  t.strictSame(again.json(), hold)
  t.strictSame(await tier('aurora-live-floor'), { stock: 1000, held: 3, sold: 0 })
})

t.test('the same reservation many times at once is one hold', async (t) => {
  const wanted = order('aurora-live-balcony', 1)
  const replies = await Promise.all(Array.from({ length: 20 }, () => insist(() => reserve(wanted))))
  t.strictSame([...new Set(replies.map(({ statusCode }) => statusCode))], [201])
  t.equal(new Set(replies.map(({ body }) => body)).size, 1, 'with one answer')
  t.strictSame(await tier('aurora-live-balcony'), { stock: 1000, held: 1, sold: 0 })
})

t.test('an order id that was used for something else is refused, also when both arrive together', async (t) => {
  const wanted = order('harbor-jazz-floor', 1)
  const replies = await Promise.all([reserve(wanted), reserve({ ...wanted, quantity: 2 })])
  t.strictSame(
    replies.map(({ statusCode }) => statusCode),
    [201, 422],
  )
  t.equal(replies[1]?.json().code, 'order_id_reused')
  t.equal((await reserve({ ...wanted, tierId: 'harbor-jazz-balcony' })).json().code, 'order_id_reused')
  t.strictSame(await tier('harbor-jazz-floor'), { stock: 1000, held: 1, sold: 0 })
  t.strictSame(await tier('harbor-jazz-balcony'), { stock: 1000, held: 0, sold: 0 })
})

t.test('confirming sells once; a confirmed hold cannot be released and its reservation still answers', async (t) => {
  const wanted = order('city-marathon-floor', 4)
  const hold = (await reserve(wanted)).json()
  const replies = await Promise.all([confirm(hold.id), confirm(hold.id)])
  replies.push(await confirm(hold.id))
  for (const reply of replies) {
    t.equal(reply.statusCode, 200)
    t.strictSame(reply.json(), { ...hold, state: 'confirmed' })
  }
  t.strictSame(await tier('city-marathon-floor'), { stock: 1000, held: 0, sold: 4 })
  const refused = await release(hold.id)
  t.equal(refused.statusCode, 409)
  t.equal(refused.json().code, 'hold_confirmed')
  const repeated = await reserve(wanted)
  t.equal(repeated.statusCode, 201)
  t.equal(repeated.json().state, 'confirmed')
  t.strictSame(await tier('city-marathon-floor'), { stock: 1000, held: 0, sold: 4 })
})

t.test('releasing gives the tickets back once, and the hold is over for good', async (t) => {
  const wanted = order('city-marathon-balcony', 2)
  await reserve(wanted)
  const replies = await Promise.all([release(wanted.orderId), release(wanted.orderId)])
  replies.push(await release(wanted.orderId))
  for (const reply of replies) {
    t.equal(reply.statusCode, 204)
    t.equal(reply.body, '')
  }
  t.strictSame(await tier('city-marathon-balcony'), { stock: 1000, held: 0, sold: 0 })
  for (const late of [await confirm(wanted.orderId), await reserve(wanted)]) {
    t.equal(late.statusCode, 409)
    t.equal(late.json().code, 'hold_expired')
  }
  t.strictSame(await tier('city-marathon-balcony'), { stock: 1000, held: 0, sold: 0 })
})

t.test('an order given up before its reservation arrives holds nothing when it does', async (t) => {
  const wanted = order('night-opera-floor')
  t.equal((await confirm(wanted.orderId)).json().code, 'hold_not_found')
  t.equal((await release(wanted.orderId)).statusCode, 204)
  const late = await reserve(wanted)
  t.equal(late.statusCode, 409)
  t.equal(late.json().code, 'hold_expired')
  t.equal((await confirm(wanted.orderId)).json().code, 'hold_expired')
  t.equal((await release(wanted.orderId)).statusCode, 204)
  t.strictSame(await tier('night-opera-floor'), { stock: 1000, held: 0, sold: 0 })
})

t.test('a hold whose time is over cannot be confirmed, swept or not; sweeping gives its tickets back once', async (t) => {
  const wanted = order('night-opera-balcony')
  await reserve(wanted)
  await expire(wanted.orderId)
  t.equal((await confirm(wanted.orderId)).json().code, 'hold_expired')
  t.equal((await reserve(wanted)).json().code, 'hold_expired')
  t.strictSame(await tier('night-opera-balcony'), { stock: 1000, held: 2, sold: 0 }, 'not swept yet')
  t.equal(await server.sweep(), 1)
  t.equal(await server.sweep(), 0)
  t.strictSame(await tier('night-opera-balcony'), { stock: 1000, held: 0, sold: 0 })
  t.equal((await confirm(wanted.orderId)).json().code, 'hold_expired')
  t.equal((await release(wanted.orderId)).statusCode, 204)
  t.strictSame(await tier('night-opera-balcony'), { stock: 1000, held: 0, sold: 0 })
})

t.test('a confirmed hold does not expire, and an unswept one can be released', async (t) => {
  const [kept, given] = [order('science-fair-floor', 1), order('science-fair-floor', 2)]
  await reserve(kept)
  await reserve(given)
  await confirm(kept.orderId)
  await expire(kept.orderId)
  await expire(given.orderId)
  t.equal((await release(given.orderId)).statusCode, 204)
  t.equal(await server.sweep(), 0)
  t.equal((await confirm(kept.orderId)).statusCode, 200)
  t.strictSame(await tier('science-fair-floor'), { stock: 1000, held: 0, sold: 1 })
})

t.test('what does not fit is sold out, and a smaller one that fits is served', async (t) => {
  await client.query("INSERT INTO tiers (id, event_id, stock) VALUES ('small-hall-floor', 'small-hall', 5)")
  const wanted = [4, 2, 1, 1].map((quantity) => order('small-hall-floor', quantity))
  const replies = await Promise.all(wanted.map(reserve))
  t.strictSame(
    replies.map(({ statusCode }) => statusCode),
    [201, 409, 201, 409],
  )
  t.equal(replies[1]?.json().code, 'sold_out')
  t.equal((await reserve(wanted[0] as object)).statusCode, 201, 'the hold of a sold-out tier still answers its repetition')
  await release((wanted[0] as { orderId: string }).orderId)
  t.equal((await reserve(wanted[1] as object)).statusCode, 201, 'a refused order may try again once tickets came back')
})

t.test('an unknown tier, or a tier of another event, is not found', async (t) => {
  for (const wanted of [order('aurora-live-cellar'), { ...order('aurora-live-floor'), eventId: 'harbor-jazz' }]) {
    const reply = await reserve(wanted)
    t.equal(reply.statusCode, 404)
    t.equal(reply.json().code, 'tier_not_found')
  }
})

t.test('availability tells what remains', async (t) => {
  const reply = await server.inject('/availability/city-marathon')
  t.equal(reply.statusCode, 200)
  t.strictSame(reply.json(), {
    eventId: 'city-marathon',
    tiers: [
      { id: 'city-marathon-balcony', remaining: 1000 },
      { id: 'city-marathon-floor', remaining: 996 },
    ],
  })
  const unknown = await server.inject('/availability/nobody-plays')
  t.equal(unknown.statusCode, 404)
  t.equal(unknown.json().code, 'event_not_found')
})

t.test('requests that arrive together share a statement', async (t) => {
  const sizes = async () => {
    const { metrics } = server.kit
    const text = await metrics.registry.metrics()
    const read = (name: string) =>
      Number(text.match(new RegExp(`^inventory_batch_size_${name}{operation="reserve"} (\\d+)`, 'm'))?.[1] ?? 0)
    return { statements: read('count'), requests: read('sum') }
  }
  const before = await sizes()
  await Promise.all(Array.from({ length: 20 }, () => reserve(order('aurora-live-floor', 1))))
  const after = await sizes()
  t.equal(after.requests - before.requests, 20)
  t.ok(after.statements - before.statements <= 2, `in ${after.statements - before.statements} statements`)
})
