import type { ChargeRow, Evidence, OrderRow } from './evidence.ts'
import { Finding } from './finding.ts'

/** I5: captured = confirmed; a cancelled order was not captured, or refunded once. Orders that did not end are I4's. */
export function checkMoney({ orders, charges }: Evidence): Finding {
  const finding = new Finding()
  for (const order of orders.values()) {
    if (order.state !== 'confirmed') continue
    finding.checked += 1
    const problem = problemOfConfirmed(order, charges.get(order.id))
    if (problem !== null) finding.violate(`orders.orders ${order.id}`, problem)
  }
  for (const { id, amountCents, currency, state } of charges.values()) {
    finding.checked += 1
    const order = orders.get(id)
    if (order === undefined)
      finding.violate(`payments.charges ${id}`, `${state} ${amountCents} ${currency} for an order that does not exist`)
    else if (order.state === 'cancelled' && state === 'captured') {
      finding.violate(`payments.charges ${id}`, `captured ${amountCents} ${currency} for a cancelled order and not refunded`)
    }
  }
  return finding
}

function problemOfConfirmed(order: OrderRow, charge: ChargeRow | undefined): string | null {
  if (charge?.state !== 'captured') return `confirmed, its charge is ${charge?.state ?? 'missing'}`
  if (charge.amountCents === order.amountCents && charge.currency === order.currency) return null
  return `confirmed for ${order.amountCents} ${order.currency}, captured were ${charge.amountCents} ${charge.currency}`
}
