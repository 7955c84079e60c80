import { type Answer, type Call, codeOf } from '@headroom/kit/client'
import { Problem } from '@headroom/kit/errors'

/** Retries of one call, the call itself not counted. */
export const retriesMax = 2

const backoffBaseMs = 50

/**
 * How long to wait before a retry: anything between nothing and a bound that doubles, so that callers who failed together do not come back
 * together ("full jitter", https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/).
 * @param retry 0 for the first retry
 * @param random in [0, 1)
 * @returns milliseconds
 */
export function backoffMs(retry: number, random: number): number {
  return random * backoffBaseMs * 2 ** retry
}

/** True when a wait of `waitMs` ends before the deadline (on the clock of `performance.now()`), with a millisecond to send something in. */
export function endsInTime(waitMs: number, deadlineAt: number, nowMs: number): boolean {
  return nowMs + waitMs + 1 <= deadlineAt
}

/** True when sending the call twice has the effect of sending it once. */
export function isRepeatable({ method, idempotencyKey }: Call): boolean {
  return method !== 'POST' || idempotencyKey !== undefined
}

/** What came of one attempt. */
export type Outcome = { answer: Answer } | { error: unknown }

/**
 * True when another attempt may do better soon: the connection broke or was refused (another replica may take it), or the peer stumbled.
 * A peer that was silent until the time was up, or that says when to come back, is left alone.
 */
export function isTransient(outcome: Outcome): boolean {
  if ('answer' in outcome) return outcome.answer.status >= 500 && outcome.answer.headers['retry-after'] === undefined
  const { error } = outcome
  if (!(error instanceof Problem) || error.code !== 'dependency_unavailable') return false
  return (error.cause as NodeJS.ErrnoException | undefined)?.code !== undefined
}

/** True for what a circuit breaker counts against a peer. A refusal because of overload is not: the peer works, at its limit. */
export function isFailure(outcome: Outcome): boolean {
  if ('error' in outcome) return outcome.error instanceof Problem && outcome.error.code === 'dependency_unavailable'
  const { status, body } = outcome.answer
  return status >= 500 && codeOf(body) !== 'overloaded'
}
