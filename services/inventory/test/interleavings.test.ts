import { randomUUID } from 'node:crypto'
import t from 'tap'
import { createReserve } from '../lib/reserve.ts'
import { createConfirm, createRelease } from '../lib/settle.ts'
import * as statements from '../lib/statements.ts'
import { startReplicas } from './replicas.ts'

const { client, at, openHall, books, reserve } = await startReplicas(t, 1)
const { database } = at(0)
const reserveBatch = createReserve(database.query, 60)
const codes = (answers: object[]) => answers.map((answer) => ('code' in answer ? answer.code : 'state' in answer ? answer.state : answer))

/**
 * Starts `work` while a transaction of the client is open, commits once the work waits for a lock of it, and resolves with the work's result.
 * @param look called while it waits
 */
async function duringTransaction<T>(work: () => Promise<T>, look?: () => Promise<void>): Promise<T> {
  const result = work()
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
  while ((await database.query('', waiting)).rowCount === 0);
  await look?.()
  await client.query('COMMIT')
  return await result
}

t.test('tickets that come back while a reservation waits for its tier are there for it', async (t) => {
  const { eventId, tierIds } = await openHall(5)
  const tierId = tierIds[0] as string
  const given = randomUUID()
  await reserve(0, { orderId: given, eventId, tierId, quantity: 4 })
  await client.query('BEGIN')
  await client.query("UPDATE holds SET state = 'released' WHERE id = $1", [given])
  await client.query('UPDATE tiers SET held = 0 WHERE id = $1', [tierId])
  t.strictSame(codes(await duringTransaction(() => reserveBatch([{ orderId: randomUUID(), eventId, tierId, quantity: 4 }]))), ['held'])
  t.match(await books(eventId), [{ stock: 5, held: 4, heldRows: 4 }])
})

t.test('the same order at another replica meanwhile: its hold is answered, and takes nothing from the order beside it', async (t) => {
  const { eventId, tierIds } = await openHall(2, 1)
  const [twice, beside, last] = [randomUUID(), randomUUID(), randomUUID()]
  const [tierId, smallTierId] = tierIds as [string, string]
  const insert =
    "INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at) VALUES ($1, $2, $3, 1, 'held', now() + interval '1 minute')"
  await client.query('BEGIN')
  await client.query('UPDATE tiers SET held = held + 1 WHERE event_id = $1', [eventId])
  await client.query(insert, [twice, eventId, tierId])
  await client.query(insert, [last, eventId, smallTierId])
  const answers = await duringTransaction(() =>
    reserveBatch([
      { orderId: twice, eventId, tierId, quantity: 1 },
      { orderId: beside, eventId, tierId, quantity: 1 },
      { orderId: last, eventId, tierId: smallTierId, quantity: 1 },
      { orderId: randomUUID(), eventId, tierId: smallTierId, quantity: 1 },
    ]),
  )
  t.strictSame(codes(answers), ['held', 'held', 'held', 'sold_out'])
  t.match(await books(eventId), [
    { stock: 2, held: 2, heldRows: 2 },
    { stock: 1, held: 1, heldRows: 1 },
  ])
})

t.test('a hold that expires or is released while its confirmation waits is not sold', async (t) => {
  const { eventId, tierIds } = await openHall(9)
  const id = randomUUID()
  await reserve(0, { orderId: id, eventId, tierId: tierIds[0] as string, quantity: 3 })
  await client.query('BEGIN')
  await client.query("UPDATE holds SET state = 'released' WHERE id = $1", [id])
  await client.query('UPDATE tiers SET held = 0 WHERE event_id = $1', [eventId])
  t.strictSame(codes(await duringTransaction(() => createConfirm(database.query)([id]))), ['hold_expired'])
  t.match(await books(eventId), [{ held: 0, heldRows: 0, sold: 0, soldRows: 0 }])
})

t.test('each statement locks tiers by id, so that one that waits for a tier has none of the later ones', async (t) => {
  for (let round = 0; round < 3; round++) {
    const { eventId, tierIds } = await openHall(9, 9, 9, 9, 9, 9)
    const order = (tierId: string) => ({ orderId: randomUUID(), eventId, tierId, quantity: 1 })
    const sold = tierIds.toReversed().map(order)
    const given = tierIds.toReversed().map(order)
    await reserveBatch([...sold, ...given])
    const works = [
      () => reserveBatch(tierIds.toReversed().map(order)),
      () => createConfirm(database.query)(sold.map(({ orderId }) => orderId)),
      () => createRelease(database.query)(given.map(({ orderId }) => orderId)),
    ]
    for (const work of works) {
      await client.query('BEGIN')
      await client.query('SELECT FROM tiers WHERE id = $1 FOR UPDATE', [tierIds[0]])
      await duringTransaction<unknown>(work, async () => {
        const free = await database.query('', 'SELECT FROM tiers WHERE id = ANY ($1) FOR UPDATE SKIP LOCKED', [tierIds.slice(1)])
        t.equal(free.rowCount, 5)
      })
    }
  }
})

t.test('a plan made while the table is empty still finds holds by their id', async (t) => {
  await client.query('BEGIN')
  await client.query('TRUNCATE holds')
  for (const [name, text] of Object.entries(statements)) {
    const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN) ${text}`)
    const plan = rows.map((row) => row['QUERY PLAN']).join('\n')
    t.notMatch(plan, /Seq Scan on holds/, `${name} never reads the whole table`)
    if (name !== 'expire') t.notMatch(plan, /holds_expiring/, `${name} does not walk all open holds`)
    else t.match(plan, /holds_expiring/, `${name} reads nothing but open holds`)
  }
  await client.query('ROLLBACK')
})
