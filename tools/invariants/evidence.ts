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
}

export interface InboxRow {
  readonly id: string
  readonly orderId: string
  readonly type: string
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
}

/** A tier as inventory counts it. */
export interface TierRow {
  readonly id: string
  readonly stock: number
  readonly held: number
  readonly sold: number
}

/** A tier as catalog counts it. */
export interface CatalogTierRow {
  readonly id: string
  readonly sold: number
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
}

/** True where no step of the order is left to make. */
export function isFinal({ state }: OrderRow): boolean {
  return state === 'confirmed' || state === 'cancelled'
}
