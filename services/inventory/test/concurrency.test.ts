import { randomUUID } from 'node:crypto'
import t from 'tap'
import { startReplicas } from './replicas.ts'

const { client, servers, at, openHall, books, reserve, confirm, release } = await startReplicas(t, 4)

t.test('a run on few tickets at every replica sells each of them once', async (t) => {
  const { eventId, tierIds } = await openHall(100)
  const orders = Array.from({ length: 400 }, () => ({ orderId: randomUUID(), eventId, tierId: tierIds[0] as string, quantity: 1 }))
  const replies = await Promise.all(orders.map((order, index) => reserve(index, order)))
  t.equal(replies.filter(({ statusCode }) => statusCode === 201).length, 100)
  t.equal(replies.filter(({ statusCode }) => statusCode === 409).length, 300)
  t.match(await books(eventId), [{ stock: 100, held: 100, sold: 0, heldRows: 100 }])
})

t.test('retries at other replicas are not counted against the tickets of others', async (t) => {
  for (let round = 0; round < 15; round++) {
    const { eventId, tierIds } = await openHall(12)
    const orders = Array.from({ length: 12 }, () => ({ orderId: randomUUID(), eventId, tierId: tierIds[0] as string, quantity: 1 }))
    const replies = await Promise.all(servers.flatMap((_, index) => orders.map((order) => reserve(index, order))))
    const statuses = new Set(replies.map(({ statusCode }) => statusCode))
    t.strictSame([...statuses], [201], 'each order fits once, so each request is granted')
    t.match(await books(eventId), [{ held: 12, heldRows: 12 }])
  }
})

t.test('a reservation and its release at once end with nothing held, whichever comes first', async (t) => {
  const { eventId, tierIds } = await openHall(1000)
  const orders = Array.from({ length: 100 }, () => ({ orderId: randomUUID(), eventId, tierId: tierIds[0] as string, quantity: 2 }))
  const replies = await Promise.all(
    orders.flatMap((order, index) => [reserve(index, order), release(index + 1, order.orderId), reserve(index + 2, order)]),
  )
  const outcomes = new Set(replies.map(({ statusCode }) => statusCode))
  t.strictSame([...outcomes.difference(new Set([201, 204, 409]))], [])
  t.match(await books(eventId), [{ held: 0, heldRows: 0, sold: 0 }])
})

t.test('many tiers at once, in any order, at every replica: nobody waits for another in a circle', async (t) => {
  const { eventId, tierIds } = await openHall(...Array.from({ length: 12 }, () => 1000))
  for (let round = 0; round < 6; round++) {
    const ids = Array.from({ length: 120 }, () => randomUUID())
    const held = await Promise.all(
      ids.map((orderId, index) =>
        reserve(index, { orderId, eventId, tierId: tierIds[(index >> 2) % 12] as string, quantity: (index % 4) + 1 }),
      ),
    )
    t.ok(held.every(({ statusCode }) => statusCode === 201))
    const ended = await Promise.all(ids.flatMap((id, index) => [confirm(index, id), release(index + 1, id)]))
    const outcomes = ids.map((_, index) => [ended[2 * index]?.statusCode, ended[2 * index + 1]?.statusCode].join())
    t.strictSame(
      outcomes.filter((outcome) => outcome !== '200,409' && outcome !== '409,204'),
      [],
      'each is either sold or free',
    )
  }
  for (const { held, sold, heldRows, soldRows } of await books(eventId))
    t.strictSame({ held, heldRows, sold }, { held: 0, heldRows: 0, sold: soldRows })
  // A deadlock is survived, after a second; the order of the locks is to prevent it.
  t.strictSame((await client.query('SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()')).rows, [{ deadlocks: 0 }])
})

t.test('every replica sweeps, and each expired ticket comes back once', async (t) => {
  const { eventId, tierIds } = await openHall(1500, 1500)
  await client.query(
    `INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at)
     SELECT gen_random_uuid(), $1, ($2::text[])[1 + n % 2], 1, 'held', now() - interval '1 second' FROM generate_series(1, 2400) AS n`,
    [eventId, tierIds],
  )
  await client.query('UPDATE tiers SET held = 1200 WHERE event_id = $1', [eventId])
  const swept = await Promise.all(servers.map((server) => server.sweep()))
  const rest = await at(0).sweep()
  t.equal(
    swept.reduce((sum, count) => sum + count, rest),
    2400,
  )
  t.match(await books(eventId), [
    { held: 0, heldRows: 0 },
    { held: 0, heldRows: 0 },
  ])
})
