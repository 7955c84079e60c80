import { randomUUID } from 'node:crypto'
import { build } from '@headroom/kit/testing'
import fc from 'fast-check'
import t from 'tap'
import { service } from '../app.ts'
import { startDatabase } from './helper.ts'

const { env, client } = await startDatabase(t, 'inventory')
const settings = { ...env, SWEEP_INTERVAL_MS: '60000', CONCURRENCY_LIMIT_MAX: '10000', DATABASE_POOL_MAX: '6' }
const replicas = await Promise.all([1, 2, 3, 4].map(() => build(t, service, settings)))
const replica = (index: number) => (replicas[index % replicas.length] as (typeof replicas)[number]).server

let halls = 0
/** A hall nobody else uses, with tiers of the stocks given. */
async function openHall(...stocks: number[]): Promise<{ eventId: string; tierIds: string[] }> {
  const eventId = `hall-${++halls}`
  const tierIds = stocks.map((_, index) => `${eventId}-${index}`)
  await client.query('INSERT INTO tiers (id, event_id, stock) SELECT id, $2, stock FROM unnest($1::text[], $3::int[]) AS t (id, stock)', [
    tierIds,
    eventId,
    stocks,
  ])
  return { eventId, tierIds }
}

const reserve = (at: number, payload: { orderId: string; eventId: string; tierId: string; quantity: number }) =>
  replica(at).inject({ method: 'POST', url: '/holds', payload })

/** The counts of an event's tiers beside the sums of the rows they stand for. */
async function books(eventId: string) {
  const { rows } = await client.query<{ stock: number; held: number; sold: number; held_rows: number; sold_rows: number }>(
    `SELECT t.stock, t.held, t.sold, coalesce(sum(h.quantity) FILTER (WHERE h.state = 'held'), 0)::int AS held_rows,
      coalesce(sum(h.quantity) FILTER (WHERE h.state = 'confirmed'), 0)::int AS sold_rows
     FROM tiers t LEFT JOIN holds h ON h.tier_id = t.id WHERE t.event_id = $1 GROUP BY t.id ORDER BY t.id`,
    [eventId],
  )
  return rows
}

t.test('one batch grants exactly what serving its requests one after the other would', async (t) => {
  const quantities = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 40 })
  const property = fc.asyncProperty(quantities, fc.integer({ min: 0, max: 60 }), async (wanted, stock) => {
    const { eventId, tierIds } = await openHall(stock)
    const orders = wanted.map((quantity) => ({ orderId: randomUUID(), eventId, tierId: tierIds[0] as string, quantity }))
    const replies = await Promise.all(orders.map((order) => reserve(0, order)))
    let free = stock
    const expected = wanted.map((quantity) => {
      if (quantity > free) return 409
      free -= quantity
      return 201
    })
    t.strictSame(
      replies.map(({ statusCode }) => statusCode),
      expected,
    )
    t.equal((await books(eventId))[0]?.held, stock - free)
  })
  await fc.assert(property, { numRuns: 60 })
})

t.test('a run on few tickets at every replica sells each of them once', async (t) => {
  const { eventId, tierIds } = await openHall(100)
  const orders = Array.from({ length: 400 }, () => ({ orderId: randomUUID(), eventId, tierId: tierIds[0] as string, quantity: 1 }))
  const replies = []
  // As many at a time as a replica's limit on requests in flight lets through at the start.
  for (let from = 0; from < orders.length; from += 200)
    replies.push(...(await Promise.all(orders.slice(from, from + 200).map((order, index) => reserve(index, order)))))
  const granted = replies.filter(({ statusCode }) => statusCode === 201)
  t.equal(granted.length, 100)
  t.strictSame([...new Set(replies.map(({ statusCode }) => statusCode))].sort(), [201, 409])
  t.match(await books(eventId), [{ stock: 100, held: 100, sold: 0, held_rows: 100 }])
})

t.test('retries at other replicas are not counted against the tickets of others', async (t) => {
  for (let round = 0; round < 15; round++) {
    const { eventId, tierIds } = await openHall(12)
    const orders = Array.from({ length: 12 }, () => ({ orderId: randomUUID(), eventId, tierId: tierIds[0] as string, quantity: 1 }))
    const replies = await Promise.all(replicas.flatMap((_, at) => orders.map((order) => reserve(at, order))))
    const statuses = new Set(replies.map(({ statusCode }) => statusCode))
    t.strictSame([...statuses], [201], 'each order fits once, so each request is granted')
    t.match(await books(eventId), [{ held: 12, held_rows: 12 }])
  }
})

t.test('many tiers at once, in any order, at every replica: nobody waits for ever', async (t) => {
  const { eventId, tierIds } = await openHall(200, 200, 200, 200)
  const ids = Array.from({ length: 120 }, () => randomUUID())
  const held = await Promise.all(
    ids.map((orderId, index) =>
      reserve(index, { orderId, eventId, tierId: tierIds[(index * 7) % 4] as string, quantity: (index % 4) + 1 }),
    ),
  )
  t.ok(held.every(({ statusCode }) => statusCode === 201))
  const ended = await Promise.all(
    ids.flatMap((id, index) => [
      replica(index).inject({ method: 'POST', url: `/holds/${id}/confirm` }),
      replica(index + 1).inject({ method: 'DELETE', url: `/holds/${id}` }),
    ]),
  )
  for (const [index, id] of ids.entries()) {
    const outcome = [ended[2 * index]?.statusCode, ended[2 * index + 1]?.statusCode].join()
    t.ok(['200,409', '409,204'].includes(outcome), `${id} is either sold or free: ${outcome}`)
  }
  for (const { held, sold, held_rows, sold_rows } of await books(eventId)) {
    t.equal(held, 0)
    t.equal(held_rows, 0)
    t.equal(sold, sold_rows)
  }
})

t.test('every replica sweeps, and each expired ticket comes back once', async (t) => {
  const { eventId, tierIds } = await openHall(1500, 1500)
  await client.query(
    `INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at)
     SELECT gen_random_uuid(), $1, $2 || (n % 2), 1, 'held', now() - interval '1 second' FROM generate_series(1, 2400) AS n`,
    [eventId, (tierIds[0] as string).slice(0, -1)],
  )
  await client.query('UPDATE tiers SET held = 1200 WHERE event_id = $1', [eventId])
  const swept = await Promise.all(replicas.map(({ server }) => server.sweep()))
  const rest = await replica(0).sweep()
  t.equal(
    swept.reduce((sum, count) => sum + count, rest),
    2400,
  )
  t.match(await books(eventId), [
    { held: 0, held_rows: 0 },
    { held: 0, held_rows: 0 },
  ])
})

type Step = { kind: 'reserve' | 'confirm' | 'release' | 'expire'; order: number; at: number }
const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('reserve', 'reserve', 'confirm', 'release', 'expire'),
  order: fc.nat(14),
  at: fc.nat(3),
})

t.test('whatever happens at whichever replica at once, the books are right and every answer is kept', async (t) => {
  const property = fc.asyncProperty(
    fc.array(fc.array(step, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 4 }),
    fc.integer({ min: 0, max: 20 }),
    async (waves, stock) => {
      const { eventId, tierIds } = await openHall(stock, 8)
      const orders = Array.from({ length: 15 }, (_, n) => ({
        orderId: randomUUID(),
        eventId,
        tierId: tierIds[n % 2] as string,
        quantity: (n % 4) + 1,
      }))
      const sold = new Set<string>()
      const freed = new Set<string>()
      for (const wave of waves) await Promise.all(wave.map((step) => take(step, orders, sold, freed)))
      await client.query("UPDATE holds SET expires_at = now() WHERE state = 'held'")
      await Promise.all(replicas.map(({ server }) => server.sweep()))
      await replica(0).sweep()
      for (const { stock, held, sold, held_rows, sold_rows } of await books(eventId)) {
        t.strictSame({ held, held_rows }, { held: 0, held_rows: 0 })
        t.equal(sold, sold_rows)
        t.ok(sold <= stock)
      }
      const { rows } = await client.query('SELECT id, state FROM holds WHERE id = ANY ($1)', [orders.map(({ orderId }) => orderId)])
      const states = new Map(rows.map(({ id, state }) => [id, state]))
      for (const id of sold) t.equal(states.get(id), 'confirmed')
      for (const id of freed) t.not(states.get(id), 'confirmed')
    },
  )
  await fc.assert(property, { numRuns: 40 })
})

const codes: Record<Step['kind'], string[]> = {
  reserve: ['201', '409 sold_out', '409 hold_expired'],
  confirm: ['200', '409 hold_expired', '404 hold_not_found'],
  release: ['204', '409 hold_confirmed'],
  expire: [],
}

async function take({ kind, order, at }: Step, orders: Parameters<typeof reserve>[1][], sold: Set<string>, freed: Set<string>) {
  const wanted = orders[order] as (typeof orders)[number]
  if (kind === 'expire') {
    await replica(at).database.query('', "UPDATE holds SET expires_at = now() WHERE id = $1 AND state = 'held'", [wanted.orderId])
    await replica(at).sweep()
    return
  }
  const reply = await send(kind, at, wanted)
  const answer = reply.statusCode < 400 ? String(reply.statusCode) : `${reply.statusCode} ${reply.json().code}`
  if (!codes[kind].includes(answer)) throw new Error(`${kind} answered ${answer}`)
  if (kind === 'confirm' && answer === '200') sold.add(wanted.orderId)
  if (kind === 'release' && answer === '204') freed.add(wanted.orderId)
}

function send(kind: Step['kind'], at: number, wanted: Parameters<typeof reserve>[1]) {
  if (kind === 'reserve') return reserve(at, wanted)
  if (kind === 'confirm') return replica(at).inject({ method: 'POST', url: `/holds/${wanted.orderId}/confirm` })
  return replica(at).inject({ method: 'DELETE', url: `/holds/${wanted.orderId}` })
}
