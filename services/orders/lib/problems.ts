import { defineProblems, type Problem, problemBody } from '@headroom/kit/errors'
import type { StoredReply } from './order.ts'

/** What orders may answer beside the codes every service has. */
export const problems = defineProblems({
  idempotency_key_missing: [400, 'The Idempotency-Key header is required'],
  payment_declined: [402, 'The payment was declined'],
  order_not_found: [404, 'No such order'],
  tier_not_found: [404, 'No such event, or it has no such tier'],
  sold_out: [409, 'Fewer tickets remain than were asked for'],
  hold_expired: [409, 'The hold has expired or was released'],
  order_timed_out: [409, 'The order could not be placed in time and was cancelled; nothing was charged'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used with another body'],
})

/** A refusal that the idempotency key will give from now on. */
export function storedRefusal(problem: Problem): StoredReply {
  return { status: problem.status, body: JSON.stringify(problemBody(problem, '/orders')) }
}
