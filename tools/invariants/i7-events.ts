import { type Evidence, mayBePruned, type OrderRow } from './evidence.ts'
import { Finding } from './finding.ts'

/** I7: no event for an order that was not committed. */
export function checkEvents(evidence: Evidence): Finding {
  const { orders, outbox, inbox } = evidence
  const finding = new Finding()
  for (const { id, orderId, type } of outbox.values()) {
    finding.checked += 1
    const problem = problemOf(type, orders.get(orderId))
    if (problem !== null) finding.violate(`orders.outbox ${id}`, `${type} of order ${orderId}, ${problem}`)
  }
  for (const { id, orderId, type, receivedAtS } of inbox.values()) {
    finding.checked += 1
    const problem = problemOf(type, orders.get(orderId))
    if (problem !== null) finding.violate(`catalog.inbox ${id}`, `${type} of order ${orderId}, ${problem}`)
    // It is marked as delivered after it was received.
    else if (!outbox.has(id) && !mayBePruned(evidence, 'outbox', receivedAtS))
      finding.violate(`catalog.inbox ${id}`, `${type} of order ${orderId} was never in the outbox`)
  }
  return finding
}

function problemOf(type: string, order: OrderRow | undefined): string | null {
  if (type !== 'order.confirmed') return 'which is no event this on-sale has'
  if (order === undefined) return 'which does not exist'
  return order.state === 'confirmed' ? null : `which is ${order.state}`
}
