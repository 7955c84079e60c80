import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { createReserve } from '../lib/reserve.ts'
import type { Reservation } from '../lib/schemas.ts'
import { startReplicas } from './replicas.ts'

const { client, servers, at, openHall, books, reserve, confirm, release } = await startReplicas(t, 3)

t.test('one batch grants exactly what serving its requests one after the other would', async (t) => {
  const reserveBatch = createReserve(at(0).database.query, 60)
  const wanted = fc.array(fc.record({ tier: fc.nat(2), quantity: fc.integer({ min: 1, max: 4 }) }), { minLength: 1, maxLength: 60 })
  const stocks = fc.array(fc.nat(40), { minLength: 3, maxLength: 3 })
  const property = fc.asyncProperty(wanted, stocks, async (wanted, stocks) => {
    const { eventId, tierIds } = await openHall(...stocks)
    const orders = wanted.map(({ tier, quantity }) => ({ orderId: randomUUID(), eventId, tierId: tierIds[tier] as string, quantity }))
    const answers = await reserveBatch(orders)
    const free = [...stocks]
    const expected = wanted.map(({ tier, quantity }) => {
      const remaining = free[tier] as number
      if (quantity > remaining) return 'sold_out'
      free[tier] = remaining - quantity
      return 'held'
    })
    t.strictSame(
      answers.map((answer) => ('state' in answer ? answer.state : (answer as Error & { code: string }).code)),
      expected,
    )
    t.strictSame(
      (await books(eventId)).map(({ stock, held }) => stock - held),
      free,
    )
  })
  await fc.assert(property, { numRuns: 60 })
})

interface Step {
  kind: 'reserve' | 'confirm' | 'release' | 'expire'
  order: number
  index: number
}

const step: fc.Arbitrary<Step> = fc.record({
  kind: fc.constantFrom('reserve', 'reserve', 'confirm', 'release', 'expire'),
  order: fc.nat(14),
  index: fc.nat(2),
})
const waves = fc.array(fc.array(step, { minLength: 1, maxLength: 30 }), { minLength: 1, maxLength: 4 })

const allowed: Record<Step['kind'], string[]> = {
  reserve: ['201', '409 sold_out', '409 hold_expired'],
  confirm: ['200', '409 hold_expired', '404 hold_not_found'],
  release: ['204', '409 hold_confirmed'],
  expire: ['done'],
}

async function take({ kind, order, index }: Step, orders: Reservation[]): Promise<string> {
  const wanted = orders[order] as Reservation
  if (kind === 'expire') {
    await at(index).database.query('', "UPDATE holds SET expires_at = now() WHERE id = $1 AND state = 'held'", [wanted.orderId])
    await at(index).sweep()
    return 'done'
  }
  const ends = {
    reserve: () => reserve(index, wanted),
    confirm: () => confirm(index, wanted.orderId),
    release: () => release(index, wanted.orderId),
  }
  const reply = await ends[kind]()
  return reply.statusCode < 400 ? String(reply.statusCode) : `${reply.statusCode} ${reply.json().code}`
}

t.test('whatever happens at whichever replica at once, the books are right and every answer is kept', async (t) => {
  const property = fc.asyncProperty(waves, fc.nat(20), async (waves, stock) => {
    const { eventId, tierIds } = await openHall(stock, 8)
    const orders = Array.from({ length: 15 }, (_, n) => ({
      orderId: randomUUID(),
      eventId,
      tierId: tierIds[n % 2] as string,
      quantity: (n % 4) + 1,
    }))
    const sold = new Set<string>()
    const free = new Set<string>()
    for (const wave of waves) {
      const answers = await Promise.all(wave.map((step) => take(step, orders)))
      for (const [index, { kind, order }] of wave.entries()) {
        const answer = answers[index] as string
        if (!allowed[kind].includes(answer)) throw new Error(`${kind} answered ${answer}`)
        if (kind === 'confirm' && answer === '200') sold.add((orders[order] as Reservation).orderId)
        if (kind === 'release' && answer === '204') free.add((orders[order] as Reservation).orderId)
      }
      for (const { stock, held, sold, heldRows, soldRows } of await books(eventId)) {
        t.strictSame({ held, sold }, { held: heldRows, sold: soldRows })
        t.ok(held + sold <= stock)
      }
    }
    const { rows } = await client.query('SELECT id, state FROM holds WHERE id = ANY ($1)', [orders.map(({ orderId }) => orderId)])
    const states = new Map<string, string>(rows.map(({ id, state }) => [id, state]))
    for (const id of sold) t.equal(states.get(id), 'confirmed')
    for (const id of free) t.not(states.get(id), 'confirmed')
    await client.query("UPDATE holds SET expires_at = now() WHERE state = 'held'")
    await Promise.all(servers.map((server) => server.sweep()))
    await at(0).sweep()
    for (const { held, heldRows } of await books(eventId)) t.strictSame({ held, heldRows }, { held: 0, heldRows: 0 })
  })
  await fc.assert(property, { numRuns: 30 })
})
