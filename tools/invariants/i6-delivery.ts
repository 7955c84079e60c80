import { type Evidence, type InboxRow, mayBePruned, type OrderRow } from './evidence.ts'
import { Finding, removed } from './finding.ts'

/** I6: every outbox row is delivered, its effect applied once. A confirmed order has one event, and catalog's sold counts are what its inbox adds up to. */
export function checkDelivery(evidence: Evidence): Finding {
  const { orders, outbox, inbox, catalogTiers } = evidence
  const finding = new Finding()
  const eventsOfOrder = new Map<string, number>()
  for (const { id, orderId, published, createdAtS } of outbox.values()) {
    finding.checked += 1
    eventsOfOrder.set(orderId, (eventsOfOrder.get(orderId) ?? 0) + 1)
    const taken = inbox.get(id)
    const row = `orders.outbox ${id}`
    if (!published) finding.violate(row, `of order ${orderId} was not delivered`)
    else if (taken === undefined) {
      // It was received after it was written.
      if (!mayBePruned(evidence, 'inbox', createdAtS))
        finding.violate(row, `of order ${orderId} is marked as delivered, catalog's inbox does not have it`)
    } else if (!tells(taken, orders.get(orderId), orderId))
      finding.violate(row, `of order ${orderId} says something else in catalog's inbox`)
  }
  for (const { id, state, createdAtS } of orders.values()) {
    if (state !== 'confirmed') continue
    finding.checked += 1
    const events = eventsOfOrder.get(id) ?? 0
    // It was delivered after its order was made.
    if (events === 0 && mayBePruned(evidence, 'outbox', createdAtS)) continue
    if (events !== 1) finding.violate(`orders.orders ${id}`, `confirmed with ${events} events in the outbox`)
  }
  checkEffects(inbox, catalogTiers, finding)
  return finding
}

/** An event about an order that does not exist is I7's. */
function tells(taken: InboxRow, order: OrderRow | undefined, orderId: string): boolean {
  if (taken.orderId !== orderId) return false
  return order === undefined || (taken.eventId === order.eventId && taken.tierId === order.tierId && taken.quantity === order.quantity)
}

function checkEffects(inbox: Evidence['inbox'], tiers: Evidence['catalogTiers'], finding: Finding): void {
  const sums = new Map<string, number>()
  for (const { tierId, quantity } of inbox.values()) sums.set(tierId, (sums.get(tierId) ?? 0) + quantity)
  for (const { id, sold, soldPruned } of tiers) {
    finding.checked += 1
    const sum = soldPruned + (sums.get(id) ?? 0)
    sums.delete(id)
    if (sold !== sum)
      finding.violate(
        `catalog.tiers ${id}`,
        `counts ${sold} tickets as sold, the events in its inbox add up to ${sum}${removed(soldPruned)}`,
      )
  }
  for (const [tierId, sum] of sums)
    finding.violate(`catalog.tiers ${tierId}`, `does not exist, events in the inbox sold ${sum} tickets of it`)
}
