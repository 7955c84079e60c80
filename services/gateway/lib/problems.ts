import { catalogue as common, defineProblems } from '@headroom/kit/errors'

/** What gateway answers beside the codes any service may: its own, and orders' that it passes on. */
export const catalogue = {
  idempotency_key_missing: [400, 'The Idempotency-Key header is required'],
  payment_declined: [402, 'The payment was declined'],
  event_not_found: [404, 'No such event'],
  tier_not_found: [404, 'No such tier of this event'],
  order_not_found: [404, 'No such order'],
  sold_out: [409, 'Not enough tickets left'],
  idempotency_key_reused: [422, 'The Idempotency-Key was used with another request'],
} as const satisfies Record<string, readonly [number, string]>

export const problems = defineProblems(catalogue)

/** A code this service documents. */
export type Code = keyof typeof catalogue | keyof typeof common

const statuses = new Map<string, number>(Object.entries({ ...common, ...catalogue }).map(([code, [status]]) => [code, status]))

/** The status that a documented code always has. */
export function statusOf(code: unknown): number | undefined {
  return statuses.get(String(code))
}
