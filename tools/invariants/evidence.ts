import type { Acknowledgement } from './acknowledgement-log.ts'

/** States of an order; the last two are final. */
export type OrderState = 'pending' | 'held' | 'charged' | 'refunding' | 'cancelling' | 'confirmed' | 'cancelled'

export interface OrderRow {
  readonly id: string
  readonly key: string | null
  readonly keyExpired: boolean
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
  readonly amountCents: number
  readonly currency: string
  readonly state: OrderState
  readonly step: number
  /** False once retention removed its saga log. */
  readonly logKept: boolean
  /** Seconds since 1970, as are all times here, by the server's clock. */
  readonly createdAtS: number
  /** The reply its key gives, null while undecided. */
  readonly replyStatus: number | null
  /** Id in the body of that reply, null where there is none. */
  readonly replyId: string | null
}

export interface SagaRow {
  readonly orderId: string
  readonly seq: number
  readonly from: string | null
  readonly to: string
}

export interface OutboxRow {
  readonly id: string
  readonly orderId: string
  readonly type: string
  readonly published: boolean
  readonly createdAtS: number
}

export interface InboxRow {
  readonly id: string
  readonly orderId: string
  readonly type: string
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
  readonly receivedAtS: number
}

/** A tier as inventory counts it. */
export interface TierRow {
  readonly id: string
  readonly stock: number
  readonly held: number
  readonly sold: number
  /** Of these, tickets whose holds retention removed. */
  readonly soldPruned: number
}

/** A tier as catalog counts it. */
export interface CatalogTierRow {
  readonly id: string
  readonly sold: number
  /** Of these, tickets whose events retention removed. */
  readonly soldPruned: number
}

export interface HoldRow {
  /** The order's id. */
  readonly id: string
  /** Null where the order was given up before its reservation arrived. */
  readonly tierId: string | null
  readonly quantity: number
  readonly state: 'held' | 'confirmed' | 'released' | 'expired'
}

export interface ChargeRow {
  /** The order's id. */
  readonly id: string
  readonly amountCents: number
  readonly currency: string
  readonly state: 'captured' | 'declined' | 'refunded'
}

/** What retention removes that is compared with rows of another table. */
export type Prunable = 'holds' | 'outbox' | 'inbox'

/** Before which moment retention may have removed rows of each, in seconds since 1970; absent where it removed none. */
export type RemovedBefore = Readonly<Partial<Record<Prunable, number>>>

/** Every committed row that matters, and what buyers were told. Rows named by an order's id are maps by it. */
export interface Evidence {
  readonly acknowledgements: readonly Acknowledgement[]
  readonly orders: ReadonlyMap<string, OrderRow>
  readonly saga: readonly SagaRow[]
  readonly outbox: ReadonlyMap<string, OutboxRow>
  readonly inbox: ReadonlyMap<string, InboxRow>
  readonly catalogTiers: readonly CatalogTierRow[]
  readonly tiers: ReadonlyMap<string, TierRow>
  readonly holds: ReadonlyMap<string, HoldRow>
  readonly charges: ReadonlyMap<string, ChargeRow>
  readonly removedBefore: RemovedBefore
}

/** True where no step of the order is left to make. */
export function isFinal({ state }: OrderRow): boolean {
  return state === 'confirmed' || state === 'cancelled'
}

/** True where a row that is missing may have been removed by retention, since it can be as old as something made at `sinceS`. */
export function mayBePruned({ removedBefore }: Pick<Evidence, 'removedBefore'>, subject: Prunable, sinceS: number): boolean {
  return sinceS < (removedBefore[subject] ?? Number.NEGATIVE_INFINITY)
}
