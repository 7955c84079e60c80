import { type Evidence, isFinal } from './evidence.ts'
import { Finding } from './finding.ts'

/** I4: an acknowledged order exists; an unfinished one ends, and a cancelled one gives its stock back. */
export function checkAcknowledged({ acknowledgements, orders, holds }: Evidence): Finding {
  const finding = new Finding()
  for (const { key, outcome, orderId = '', state } of acknowledgements) {
    if (outcome !== 'ok') continue
    finding.checked += 1
    const order = orders.get(orderId)
    const row = `acknowledgement ${key}`
    if (order === undefined) finding.violate(row, `its order ${orderId} does not exist`)
    else if (state === 'confirmed' && order.state !== 'confirmed') {
      finding.violate(row, `its order ${orderId} was acknowledged as confirmed and is ${order.state}`)
    }
  }
  for (const order of orders.values()) {
    finding.checked += 1
    const hold = holds.get(order.id)
    const keepsStock = hold?.state === 'held' || hold?.state === 'confirmed'
    if (!isFinal(order)) finding.violate(`orders.orders ${order.id}`, `did not end, it is still ${order.state}`)
    else if (order.state === 'cancelled' && keepsStock) {
      finding.violate(`orders.orders ${order.id}`, `cancelled, its ${hold.quantity} tickets of ${hold.tierId} are still ${hold.state}`)
    }
  }
  return finding
}
