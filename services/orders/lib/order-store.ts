import type { Database } from '@headroom/kit/database'
import type { Order, OrderRequest, StoredReply } from './order.ts'
import { checkPath, isFinal, type Reason, type State } from './saga.ts'
import * as statements from './statements.ts'

/** A step of an order: where it goes and what that decides. */
export interface Move {
  /** The present state first. */
  path: readonly State[]
  reason?: Reason
  reply?: StoredReply
  /** Frees the idempotency key: to the client this order never existed. */
  giveBackKey?: boolean
}

/** An order to be made. */
export interface NewOrder extends OrderRequest {
  id: string
  key: string
  requestHash: string
  amountCents: number
  currency: string
}

/** An order as read back, with what only the database's clock can say. */
export interface FoundOrder extends Order {
  readonly ageS: number
  readonly keyGivenBack: boolean
  readonly keyExpired: boolean
}

interface Row {
  id: string
  request_hash: string
  event_id: string
  tier_id: string
  quantity: number
  amount_cents: number
  currency: string
  state: State
  reason: Reason | null
  claim: number
  reply_status: number | null
  reply_body: string | null
  created_at: Date
  age_s: number
  key_given_back: boolean
  key_expired: boolean
}

/** The orders in the database. All times are the database's: replicas' clocks never meet. */
export class OrderStore {
  readonly #database: Database
  readonly #keyTtlS: number
  readonly #leaseS: number

  constructor(database: Database, { keyTtlS, leaseS }: { keyTtlS: number; leaseS: number }) {
    this.#database = database
    this.#keyTtlS = keyTtlS
    this.#leaseS = leaseS
  }

  /** The order made, in state pending and leased to the caller, or undefined when its key is taken. */
  async create(order: NewOrder): Promise<Order | undefined> {
    const { id, key, requestHash, eventId, tierId, quantity, buyer, amountCents, currency } = order
    const values = [id, key, this.#keyTtlS, requestHash, eventId, tierId, quantity, buyer ?? null, amountCents, currency, this.#leaseS]
    const { rows } = await this.#database.query<{ created_at: Date }>('create_order', statements.create, values)
    if (rows[0] === undefined) return undefined
    const createdAt = rows[0].created_at.toISOString()
    const fresh = { state: 'pending', reason: undefined, claim: 0, reply: undefined } as const
    return { id, requestHash, eventId, tierId, quantity, amountCents, currency, createdAt, ...fresh }
  }

  async byId(id: string): Promise<FoundOrder | undefined> {
    return this.#one('order_by_id', statements.byId, id)
  }

  async byKey(key: string): Promise<FoundOrder | undefined> {
    return this.#one('order_by_key', statements.byKey, key)
  }

  /** The order after the move, or undefined when it is not there any more, another worker has it, or its key cannot be given back. */
  async advance(order: Order, move: Move): Promise<Order | undefined> {
    const { path, reason, reply, giveBackKey = false } = move
    checkPath(path)
    const state = path.at(-1) as State
    const decided = [reason ?? null, reply?.status ?? null, reply?.body ?? null, giveBackKey, isFinal(state)]
    const { rowCount } = await this.#database.query('advance_order', statements.advance, [
      order.id,
      order.claim,
      path,
      path.length - 1,
      ...decided,
    ])
    return rowCount === 0 ? undefined : { ...order, state, reason: reason ?? order.reason, reply: reply ?? order.reply }
  }

  /** Makes sure that the order keeps its key, so that a client may be told of it; false when the key was given back before. */
  async tell(id: string): Promise<boolean> {
    const { rowCount } = await this.#database.query('tell_order', statements.tell, [id])
    return rowCount === 1
  }

  /** Leaves the order to whichever recovery looks first after `delayS`. */
  async handOver({ id, claim }: Order, delayS: number): Promise<void> {
    await this.#database.query('hand_over_order', statements.handOver, [id, claim, delayS])
  }

  /** Takes over at most `limit` orders whose lease has passed. */
  async takeOver(limit: number): Promise<FoundOrder[]> {
    const { rows } = await this.#database.query<Row>('take_over_orders', statements.takeOver, [limit, this.#leaseS])
    return rows.map(found)
  }

  /** Frees an expired key. */
  async forgetKey(key: string): Promise<void> {
    await this.#database.query('forget_key', statements.forgetKey, [key])
  }

  async #one(name: string, text: string, value: string): Promise<FoundOrder | undefined> {
    const { rows } = await this.#database.query<Row>(name, text, [value])
    return rows[0] && found(rows[0])
  }
}

function found(row: Row): FoundOrder {
  const { id, quantity, currency, state, claim } = row
  return {
    id,
    requestHash: row.request_hash,
    eventId: row.event_id,
    tierId: row.tier_id,
    quantity,
    amountCents: row.amount_cents,
    currency,
    createdAt: row.created_at.toISOString(),
    state,
    reason: row.reason ?? undefined,
    claim,
    reply: row.reply_status === null ? undefined : { status: row.reply_status, body: row.reply_body ?? '' },
    ageS: row.age_s,
    keyGivenBack: row.key_given_back,
    keyExpired: row.key_expired,
  }
}
