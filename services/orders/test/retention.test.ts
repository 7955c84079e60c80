import { randomUUID } from 'node:crypto'
import type { Service } from '@headroom/kit/service'
import t from 'tap'
import { post, request, World } from './helper.ts'

const world = await World.start(t)
const settings = { RETENTION_INTERVAL_MS: '3600000', RETENTION_BATCH_MAX: '7' }
const [one, other] = await Promise.all([1, 2].map(() => world.replica(t, settings)))
if (one === undefined || other === undefined) throw new Error('two replicas')

async function removedBy({ ops }: Service, subject: string): Promise<number> {
  return Number(
    new RegExp(`^retention_removed_total\\{subject="${subject}"\\} (\\d+)$`, 'm').exec((await ops.inject('/metrics')).body)?.[1],
  )
}

interface Placed {
  key: string
  body: string
  id: string
}

/** Orders that were placed and delivered; gives their keys and replies. */
async function place(count: number): Promise<Placed[]> {
  const orders: Placed[] = []
  // Ten at a time, so that the replica has no reason to shed.
  while (orders.length < count) {
    const placed = Array.from({ length: Math.min(10, count - orders.length) }, async () => {
      const key = randomUUID()
      const reply = await post(one as Service, { key })
      t.equal(reply.statusCode, 201)
      return { key, body: reply.body, id: reply.json().id as string }
    })
    orders.push(...(await Promise.all(placed)))
  }
  one?.server.publisher.wake(0)
  await world.published()
  return orders
}

/** As if they had been placed, finished and delivered that many hours ago. */
async function age(ids: string[], hours: number): Promise<void> {
  const past = 'make_interval(hours => $2)'
  await world.database.query(
    `UPDATE orders SET updated_at = updated_at - ${past}, key_expires_at = key_expires_at - ${past} WHERE id = ANY ($1)`,
    [ids, hours],
  )
  await world.database.query(`UPDATE outbox SET published_at = published_at - ${past} WHERE order_id = ANY ($1)`, [ids, hours])
}

const idsOf = (orders: { id: string }[]) => orders.map(({ id }) => id)
const count = async (table: string, where = 'true') =>
  Number((await world.rows<{ n: number }>(`SELECT count(*) AS n FROM ${table} WHERE ${where}`))[0]?.n)

t.test('a key and its reply go a minute after the key expired, the log and the event a week later; the order stays', async (t) => {
  const [young, dayOld, weekOld] = [await place(3), await place(4), await place(10)]
  await age(idsOf(dayOld), 25)
  await age(idsOf(weekOld), 169)
  t.ok(await one.server.prune(), 'there is more')
  t.strictSame(
    [await removedBy(one, 'idempotency_keys'), await removedBy(one, 'outbox'), await count('orders', 'NOT log_kept')],
    [7, 7, 7],
    'a batch of each',
  )
  while (await one.server.prune());
  t.equal(await count('orders'), 17)
  t.strictSame(
    await world.rows(
      'SELECT id FROM orders WHERE idempotency_key IS NOT NULL AND reply_status = 201 AND reply_body IS NOT NULL ORDER BY id',
    ),
    idsOf(young)
      .sort()
      .map((id) => ({ id })),
  )
  t.equal(await count('orders', 'idempotency_key IS NULL AND reply_status IS NULL AND reply_body IS NULL'), 14)
  const kept = idsOf([...young, ...dayOld]).sort()
  for (const [table, column] of [
    ['saga_log', 'order_id'],
    ['outbox', 'order_id'],
    ['orders', 'id'],
  ] as const) {
    const where = table === 'orders' ? 'WHERE log_kept' : ''
    const rows = await world.rows<{ id: string }>(`SELECT DISTINCT ${column} AS id FROM ${table} ${where} ORDER BY 1`)
    t.strictSame(
      rows.map(({ id }) => id),
      kept,
      `${table} of what is younger than a week`,
    )
  }
  t.equal(await removedBy(one, 'saga_log'), 40, 'rows, four for each order')
  for (const { id, body } of weekOld) t.strictSame((await one.server.inject(`/orders/${id}`)).json(), JSON.parse(body))
  for (const { key, body } of young) t.equal((await post(other, { key })).body, body, 'a key that has not expired gives its reply')
})

t.test('what is not finished, or not delivered, is kept however old', async (t) => {
  const [unfinished, undelivered] = idsOf(await place(2)) as [string, string]
  await world.database.query("UPDATE orders SET state = 'charged', lease_until = now() + interval '1 hour' WHERE id = $1", [unfinished])
  await world.database.query("UPDATE outbox SET published_at = NULL, claimed_until = now() + interval '1 hour' WHERE order_id = $1", [
    undelivered,
  ])
  await age([unfinished, undelivered], 9000)
  while (await one.server.prune());
  t.equal(await count('orders', `id = '${unfinished}' AND idempotency_key IS NOT NULL AND reply_status = 201 AND log_kept`), 1)
  t.equal(await count('saga_log', `order_id = '${unfinished}'`), 4)
  t.equal(await count('outbox', `order_id = '${undelivered}'`), 1)
  await world.database.query("UPDATE orders SET state = 'confirmed', lease_until = NULL WHERE id = $1", [unfinished])
  await world.database.query('UPDATE outbox SET published_at = now() WHERE order_id = $1', [undelivered])
})

t.test('two replicas at once remove each once', async (t) => {
  const subjects = ['idempotency_keys', 'saga_log', 'outbox']
  while (await one.server.prune());
  const sums = () => Promise.all(subjects.map(async (subject) => (await removedBy(one, subject)) + (await removedBy(other, subject))))
  const before = await sums()
  await age(idsOf(await place(50)), 169)
  const removal = [one, other].map(async ({ server }) => {
    while (await server.prune());
  })
  await Promise.all(removal)
  while (await one.server.prune());
  t.strictSame(
    (await sums()).map((sum, i) => sum - (before[i] ?? 0)),
    [50, 200, 50],
  )
})

t.test('a key that has expired makes another order, with another body, before its removal and after', async (t) => {
  for (const removed of [false, true]) {
    const [{ key, id }] = (await place(1)) as [Placed]
    const body = { ...request, quantity: 1 }
    t.equal((await post(one, { key, body })).statusCode, 422, 'not while it counts')
    await age([id], 25)
    if (removed) while (await one.server.prune());
    t.equal(await count('orders', `id = '${id}' AND idempotency_key IS NULL`), removed ? 1 : 0)
    const again = await post(other, { key, body })
    t.equal(again.statusCode, 201)
    t.not(again.json().id, id)
    t.equal((await post(one, { key, body })).body, again.body)
    t.equal(await count('orders', `id = '${id}' AND idempotency_key IS NULL`), 1, 'the first order is still there')
  }
})
