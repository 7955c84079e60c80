import type { Reply } from './reply-reader.ts'

/** What a reply means to the one who waits for it. */
export type Outcome = 'ok' | 'refused' | 'limited' | 'shed' | 'failed'

export const OUTCOMES: readonly Outcome[] = ['ok', 'refused', 'limited', 'shed', 'failed']

/** What is asked for: one page of the shop, an order, an order read again, or one fixed path. */
export type Journey = 'browse' | 'view' | 'order' | 'read' | 'path'

/** An outcome, and a short word for why where it is a refusal, a shedding or a failure. */
export interface Verdict {
  readonly outcome: Outcome
  readonly reason?: string
}

const OK: Verdict = { outcome: 'ok' }

/** Statuses with which each journey's wish is granted; 202 is an order whose end is to be read later. */
const GRANTED: Record<Exclude<Journey, 'path'>, readonly number[]> = { browse: [200], view: [200], order: [201, 202], read: [200] }

/**
 * Documented business answers by status and problem code. A read that finds no order is not among them: only orders
 * acknowledged before are read, so it means that one was lost.
 */
const REFUSALS: Partial<Record<Journey, readonly string[]>> = {
  view: ['404 event_not_found'],
  order: ['402 payment_declined', '404 event_not_found', '404 tier_not_found', '409 sold_out', '409 hold_expired', '409 order_timed_out'],
}

/** Sorts one reply: granted, refused for a documented reason, turned away (429, 503 with Retry-After), or a failure. */
export function judge(journey: Journey, reply: Reply): Verdict {
  const { status } = reply
  const granted = journey === 'path' ? status >= 200 && status < 300 : GRANTED[journey].includes(status)
  if (granted) return OK
  if (status === 429) return { outcome: 'limited' }
  const code = status >= 400 ? problemCode(reply.body) : null
  if (status === 503 && reply.hasRetryAfter) return { outcome: 'shed', reason: code ?? 'no_code' }
  if (code !== null && REFUSALS[journey]?.includes(`${status} ${code}`)) return { outcome: 'refused', reason: code }
  if (journey === 'read' && status === 404) return { outcome: 'failed', reason: 'acknowledged_order_missing' }
  return { outcome: 'failed', reason: code === null ? `status_${status}` : `status_${status}_${code}` }
}

/** The `code` of an application/problem+json body, null where there is none to rely on. */
export function problemCode(body: string): string | null {
  const code = jsonObject(body).code
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : null
}

/** The JSON object in a text, empty where the text is anything else. */
export function jsonObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
