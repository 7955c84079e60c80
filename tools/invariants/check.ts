import type { Evidence } from './evidence.ts'
import type { Finding, Violation } from './finding.ts'
import { checkStock } from './i1-stock.ts'
import { checkTickets } from './i2-tickets.ts'
import { checkIdempotency } from './i3-idempotency.ts'
import { checkAcknowledged } from './i4-acknowledged.ts'
import { checkMoney } from './i5-money.ts'
import { checkDelivery } from './i6-delivery.ts'
import { checkEvents } from './i7-events.ts'
import { checkSaga } from './i8-saga.ts'

interface Invariant {
  readonly title: string
  readonly check: (evidence: Evidence) => Finding
}

/** The promises of the on-sale, in the order in which they are known. */
export const INVARIANTS = {
  I1: { title: 'sold + held + remaining = stock, and none below 0', check: checkStock },
  I2: { title: 'a ticket belongs to at most one order', check: checkTickets },
  I3: { title: 'one idempotency key, one order, the same reply', check: checkIdempotency },
  I4: { title: 'acknowledged orders exist, unfinished ones end, cancelled ones give their stock back', check: checkAcknowledged },
  I5: { title: 'captured = confirmed; cancelled = not captured, or refunded once', check: checkMoney },
  I6: { title: 'every event is delivered, its effect applied once', check: checkDelivery },
  I7: { title: 'no event for an order that was not committed', check: checkEvents },
  I8: { title: 'saga states move only along allowed edges', check: checkSaga },
} as const satisfies Record<string, Invariant>

export type InvariantName = keyof typeof INVARIANTS

/** One invariant, as the report has it. */
export interface InvariantResult {
  readonly holds: boolean
  /** Rows and acknowledgements looked at. */
  readonly checked: number
  /** All of them; `violations` names the first 100. */
  readonly violationCount: number
  readonly violations: readonly Violation[]
}

export type Results = Record<InvariantName, InvariantResult>

/** Looks for violations of every invariant. */
export function checkAll(evidence: Evidence): Results {
  const entries = Object.entries(INVARIANTS).map(([name, { check }]: [string, Invariant]) => {
    const { checked, count, violations } = check(evidence)
    return [name, { holds: count === 0, checked, violationCount: count, violations }]
  })
  return Object.fromEntries(entries)
}
