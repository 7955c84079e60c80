import { defineProblems } from '@headroom/kit/errors'

/** What payments may answer beside the codes every service has. */
export const problems = defineProblems({
  idempotency_key_missing: [400, 'The Idempotency-Key header is required'],
  payment_declined: [402, 'The payment was declined'],
  charge_not_found: [404, 'No such charge'],
  charge_declined: [409, 'The charge was declined: there is nothing to refund'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used with another body'],
  provider_failed: [500, 'The payment provider failed; whether it did what was asked is not known'],
})
