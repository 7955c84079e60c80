import type { Acknowledgement } from './acknowledgement-log.ts'
import type { Evidence, OrderRow } from './evidence.ts'
import { Finding } from './finding.ts'

/** I3: one idempotency key, one order, the same reply. */
export function checkIdempotency({ acknowledgements, orders }: Evidence): Finding {
  const finding = new Finding()
  const byKey = ordersByKey(orders, finding)
  const answered = new Map<string, Acknowledgement>()
  for (const ack of acknowledgements) {
    if (ack.outcome !== 'ok' && ack.outcome !== 'refused') continue
    finding.checked += 1
    const row = `acknowledgement ${ack.key}`
    const before = answered.get(ack.key)
    if (before !== undefined && contradicts(before, ack) && !isForgotten(orders.get(before.orderId ?? ''))) {
      finding.violate(row, `answered ${describe(before)} and then ${describe(ack)}`)
    }
    answered.set(ack.key, ack)
    const problem = ack.outcome === 'ok' ? problemOfOk(ack, orders) : problemOfRefusal(ack, byKey.get(ack.key))
    if (problem !== null) finding.violate(row, problem)
  }
  return finding
}

function ordersByKey(orders: ReadonlyMap<string, OrderRow>, finding: Finding): Map<string, OrderRow> {
  const byKey = new Map<string, OrderRow>()
  for (const order of orders.values()) {
    finding.checked += 1
    if (order.key === null) continue
    const other = byKey.get(order.key)
    if (other !== undefined) finding.violate(`orders.orders ${order.id}`, `has the key ${order.key} of another order, ${other.id}`)
    byKey.set(order.key, order)
  }
  return byKey
}

/** A pending order may be confirmed or refused later, and a 404 begins none, so that its key is still free; nothing else may change. */
function contradicts(before: Acknowledgement, after: Acknowledgement): boolean {
  if (before.orderId !== undefined && after.orderId !== undefined && before.orderId !== after.orderId) return true
  return before.status !== 202 && before.status !== 404 && before.status !== after.status
}

/** A key that has expired may make another order, and gives the reply of the one it had no more. */
function isForgotten(order: OrderRow | undefined): boolean {
  return order !== undefined && order.key === null && order.keyExpired
}

function describe({ status, orderId }: Acknowledgement): string {
  return orderId === undefined ? `${status}` : `${status} with order ${orderId}`
}

function problemOfOk(
  { key, status, orderId = '', eventId, tierId, quantity }: Acknowledgement,
  orders: ReadonlyMap<string, OrderRow>,
): string | null {
  const order = orders.get(orderId)
  // That an acknowledged order exists is the subject of I4.
  if (order === undefined) return null
  if (order.eventId !== eventId || order.tierId !== tierId || order.quantity !== quantity) {
    return `asked for ${quantity} of ${tierId}, its order ${orderId} is for ${order.quantity} of ${order.tierId}`
  }
  if (order.key !== null && order.key !== key) return `its order ${orderId} belongs to another key, ${order.key}`
  // Of a pending order's key nothing is promised yet: an order given up as unavailable gives it back.
  if (status !== 201) return null
  if (isForgotten(order)) return null
  if (order.key === null) return `its order ${orderId} was acknowledged, yet the key was given back and can make another`
  if (order.replyStatus !== 201 || order.replyId !== orderId) {
    return `answered 201 with order ${orderId}, the same key would now get ${order.replyStatus} with ${order.replyId ?? 'no order'}`
  }
  return null
}

function problemOfRefusal({ status }: Acknowledgement, order: OrderRow | undefined): string | null {
  // A refusal need not leave an order behind, and after a 404 the key may make one.
  if (order === undefined || status === 404) return null
  if (order.state === 'confirmed') return `refused with ${status}, its order ${order.id} is confirmed`
  if (order.replyStatus !== status) return `refused with ${status}, the same key would now get ${order.replyStatus} (order ${order.id})`
  return null
}
