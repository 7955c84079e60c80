import type { Failure } from './exchange.ts'
import type { Reply } from './reply-reader.ts'
import type { Acknowledgement } from './results.ts'
import { isPlainId } from './shop.ts'
import type { OrderAttempt } from './traffic.ts'
import { jsonObject, problemCode, type Verdict } from './verdict.ts'

/** What an order's reply says: its line for the log, and the verdict where the reply's body changes it. */
export function acknowledge(order: OrderAttempt, reply: Reply, verdict: Verdict): { ack: Acknowledgement; verdict: Verdict } {
  const { status } = reply
  const atMs = Date.now()
  if (verdict.outcome === 'ok') {
    const { id, state } = jsonObject(reply.body)
    if (isPlainId(id) && typeof state === 'string') return { ack: { ...order, outcome: 'ok', status, orderId: id, state, atMs }, verdict }
    // An acknowledgement that names no order binds the target to nothing that could be checked.
    const failed: Verdict = { outcome: 'failed', reason: 'unreadable_acknowledgement' }
    return { ack: { ...order, ...failed, status, unknown: true, atMs }, verdict: failed }
  }
  const code = problemCode(reply.body)
  // A client's error (4xx) is final. Any other failure says that the server does not know either.
  const unknown = verdict.outcome === 'failed' && !(status >= 400 && status < 500)
  const reason = verdict.outcome === 'failed' ? { reason: verdict.reason } : {}
  const ack = {
    ...order,
    outcome: verdict.outcome,
    ...reason,
    status,
    ...(code === null ? {} : { code }),
    ...(unknown ? { unknown } : {}),
    atMs,
  }
  return { ack, verdict }
}

/** The line of an order attempt that got no reply. */
export function unanswered(order: OrderAttempt, failure: Failure): Acknowledgement {
  const unknown = failure.mayHaveArrived ? { unknown: true as const } : {}
  return { ...order, outcome: 'failed', status: null, reason: failure.reason, ...unknown, atMs: Date.now() }
}
