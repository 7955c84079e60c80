import { catalogue as common, defineProblems } from '@headroom/kit/errors'

/** What gateway answers beside the codes any service may: its own, and orders' that it passes on. */
export const catalogue = {
  idempotency_key_missing: [400, 'The Idempotency-Key header is required'],
  payment_declined: [402, 'The payment was declined'],
  event_not_found: [404, 'No such event'],
  tier_not_found: [404, 'No such event, or it has no such tier'],
  order_not_found: [404, 'No such order'],
  sold_out: [409, 'Fewer tickets remain than were asked for'],
  hold_expired: [409, 'The hold has expired or was released'],
  order_timed_out: [409, 'The order could not be placed in time and was cancelled; nothing was charged'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used with another body'],
} as const satisfies Record<string, readonly [number, string]>

export const problems = defineProblems(catalogue)

/** A code this service documents. */
export type Code = keyof typeof catalogue | keyof typeof common

const statuses = new Map<string, number>(Object.entries({ ...common, ...catalogue }).map(([code, [status]]) => [code, status]))

/** The status that a documented code always has. */
export function statusOf(code: unknown): number | undefined {
  return statuses.get(String(code))
}
