import { type Answer, Fake, problem } from './fake.ts'

type Body = Record<string, unknown>
const uuidAt = (path: string, index: number) => path.split('/')[index] ?? ''

/** Inventory in memory, as its contract says. */
export class FakeInventory extends Fake {
  readonly holds = new Map<string, { state: 'held' | 'confirmed' | 'released' | 'expired'; quantity: number }>()
  stock = 1_000_000
  /** Lets the next hold run out before it is confirmed. */
  expireNext = false

  constructor() {
    super((path, body) => this.#route(path, body))
  }

  get taken(): number {
    return [...this.holds.values()].reduce(
      (sum, { state, quantity }) => sum + (state === 'held' || state === 'confirmed' ? quantity : 0),
      0,
    )
  }

  #route(path: string, body: Body): Answer {
    if (path === 'POST /holds') return this.#hold(body)
    const id = uuidAt(path, 2)
    const hold = this.holds.get(id)
    if (path.endsWith('/confirm')) {
      if (hold === undefined) return problem(404, 'hold_not_found')
      if (hold.state === 'held' && this.expireNext) {
        this.expireNext = false
        hold.state = 'expired'
      }
      if (hold.state === 'held') hold.state = 'confirmed'
      return hold.state === 'confirmed' ? { status: 200, body: { id, ...hold } } : problem(409, 'hold_expired')
    }
    if (hold?.state === 'confirmed') return problem(409, 'hold_confirmed')
    this.holds.set(id, { state: 'released', quantity: hold?.quantity ?? 0 })
    return { status: 204 }
  }

  #hold({ orderId, tierId, quantity }: Body): Answer {
    const known = this.holds.get(String(orderId))
    if (known?.state === 'released' || known?.state === 'expired') return problem(409, 'hold_expired')
    if (known !== undefined) return { status: 201, body: { id: orderId, ...known } }
    if (tierId === 'gone-floor') return problem(404, 'tier_not_found')
    if (this.taken + Number(quantity) > this.stock) return problem(409, 'sold_out')
    this.holds.set(String(orderId), { state: 'held', quantity: Number(quantity) })
    return { status: 201, body: { id: orderId, state: 'held' } }
  }
}

/** Payments in memory, as its contract says. */
export class FakePayments extends Fake {
  readonly charges = new Map<string, { state: 'captured' | 'declined' | 'refunded'; amountCents: number }>()
  /** Refunds that gave money back; asking again gives none. */
  refunds = 0
  declineNext = false

  constructor() {
    super((path, body, headers) => this.#route(path, body, headers['idempotency-key']))
  }

  #route(path: string, body: Body, key: string | string[] | undefined): Answer {
    if (path === 'POST /charges') return this.#charge(body, key)
    const charge = this.charges.get(uuidAt(path, 2))
    if (charge === undefined) return problem(404, 'charge_not_found')
    if (charge.state === 'declined') return problem(409, 'charge_declined')
    if (charge.state === 'captured') this.refunds++
    charge.state = 'refunded'
    return { status: 200, body: charge }
  }

  #charge({ orderId, amountCents, currency }: Body, key: string | string[] | undefined): Answer {
    if (typeof key !== 'string' || key !== orderId || typeof amountCents !== 'number' || currency !== 'EUR')
      return problem(400, 'validation_failed')
    const known = this.charges.get(key)
    if (known !== undefined && known.amountCents !== amountCents) return problem(422, 'idempotency_key_reused')
    const charge = known ?? { state: this.declineNext ? 'declined' : 'captured', amountCents }
    if (known === undefined) this.declineNext = false
    this.charges.set(key, charge)
    return charge.state === 'declined' ? problem(402, 'payment_declined') : { status: 201, body: { id: orderId, ...charge } }
  }
}

/** Catalog in memory, as its contract says. */
export class FakeCatalog extends Fake {
  /** Quantity by order of every event taken; a repeated id has no effect. */
  readonly sold = new Map<string, number>()
  readonly taken = new Set<string>()
  floorCents = 7900
  deliveries = 0
  /** What it says of every event instead of the truth. */
  odd: Answer | undefined

  constructor() {
    super((path, body) => this.#route(path, body))
  }

  #route(path: string, body: Body): Answer {
    if (path === 'POST /inbox') return this.#inbox(body.events as { id: string; orderId: string; quantity: number }[])
    if (this.odd !== undefined) return this.odd
    const id = path.slice('GET /events/'.length)
    if (id !== 'aurora-live' && id !== 'gone') return problem(404, 'event_not_found')
    const tiers = [
      { id: `${id}-floor`, name: 'Floor', priceCents: this.floorCents, currency: 'EUR' },
      { id: `${id}-balcony`, name: 'Balcony', priceCents: 5900, currency: 'EUR' },
    ]
    return { status: 200, body: { id, name: id, startsAt: '2027-06-18T18:00:00.000Z', tiers, degraded: false } }
  }

  #inbox(events: { id: string; orderId: string; quantity: number }[]): Answer {
    this.deliveries++
    if (events.length > 100) return problem(400, 'validation_failed')
    for (const { id, orderId, quantity } of events) {
      if (this.taken.has(id)) continue
      this.taken.add(id)
      this.sold.set(orderId, (this.sold.get(orderId) ?? 0) + quantity)
    }
    return { status: 200, body: { accepted: events.length } }
  }
}
