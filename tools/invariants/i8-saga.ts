import type { Evidence, OrderRow, OrderState, SagaRow } from './evidence.ts'
import { Finding } from './finding.ts'

/** Every move there is, written down apart from the service that makes them: a mistake there must not be repeated here. */
const EDGES: Readonly<Record<OrderState, readonly string[]>> = {
  pending: ['held', 'cancelling', 'cancelled'],
  held: ['charged', 'cancelling'],
  charged: ['confirmed', 'refunding'],
  refunding: ['cancelling'],
  cancelling: ['cancelled'],
  confirmed: [],
  cancelled: [],
}

/** I8: saga states move only along allowed edges. The log of each order is one path without gaps, from its start to the state it is in. */
export function checkSaga({ orders, saga }: Evidence): Finding {
  const finding = new Finding()
  const last = new Map<string, SagaRow>()
  for (const row of saga) {
    finding.checked += 1
    const problem = problemOfMove(row, last.get(row.orderId))
    if (problem !== null) finding.violate(`orders.saga_log ${row.orderId} ${row.seq}`, problem)
    last.set(row.orderId, row)
  }
  for (const order of orders.values()) {
    finding.checked += 1
    const problem = problemOfEnd(order, last.get(order.id))
    if (problem !== null) finding.violate(`orders.orders ${order.id}`, problem)
    last.delete(order.id)
  }
  for (const [orderId, row] of last) finding.violate(`orders.saga_log ${orderId} ${row.seq}`, 'is about an order that does not exist')
  return finding
}

/** Rows come in the order of their seq. */
function problemOfMove({ seq, from, to }: SagaRow, before: SagaRow | undefined): string | null {
  if (before === undefined) {
    return seq === 1 && from === null && to === 'pending'
      ? null
      : `begins with ${from ?? 'nothing'} to ${to} as ${seq}, not with pending as 1`
  }
  if (seq !== before.seq + 1) return `follows ${before.seq}: moves are missing between them`
  if (from !== before.to) return `moves from ${from ?? 'nothing'}, the order was ${before.to}`
  return EDGES[from as OrderState]?.includes(to) ? null : `moves from ${from} to ${to}, which is not allowed`
}

function problemOfEnd({ state, step, logKept }: OrderRow, last: SagaRow | undefined): string | null {
  if (!logKept) return last === undefined ? null : `had its log removed, ${last.seq} of it is left`
  if (last === undefined) return `is ${state} without a log`
  if (last.to !== state) return `is ${state}, its log ends with ${last.to}`
  return last.seq === step ? null : `counts ${step} moves, its log has ${last.seq}`
}
