import { type Evidence, mayBePruned } from './evidence.ts'
import { Finding } from './finding.ts'

/** I2: a ticket belongs to at most one order. Every hold is one order's and the same size, every confirmed order has its own sold hold. */
export function checkTickets(evidence: Evidence): Finding {
  const { orders, holds } = evidence
  const finding = new Finding()
  for (const { id, tierId, quantity, state } of holds.values()) {
    if (state !== 'held' && state !== 'confirmed') continue
    finding.checked += 1
    const order = orders.get(id)
    const row = `inventory.holds ${id}`
    if (order === undefined) finding.violate(row, `${state} for an order that does not exist`)
    else if (order.tierId !== tierId || order.quantity !== quantity) {
      finding.violate(row, `${state} ${quantity} of ${tierId}, its order is for ${order.quantity} of ${order.tierId}`)
    }
  }
  for (const { id, state, quantity, tierId, createdAtS } of orders.values()) {
    if (state !== 'confirmed') continue
    finding.checked += 1
    const hold = holds.get(id)
    // A hold ends after its order was made.
    if (hold === undefined && mayBePruned(evidence, 'holds', createdAtS)) continue
    if (hold?.state !== 'confirmed') {
      finding.violate(
        `orders.orders ${id}`,
        `confirmed for ${quantity} of ${tierId}, its hold is ${hold?.state ?? 'missing'}: its tickets are free for others`,
      )
    }
  }
  return finding
}
