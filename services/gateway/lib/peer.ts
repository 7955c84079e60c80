import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import type { Answer, Call, Client } from '@headroom/kit/client'
import type { CallContext } from '@headroom/kit/deadlines'
import { problems } from '@headroom/kit/errors'
import CircuitBreaker from 'opossum'
import { backoffMs, endsInTime, isFailure, isRepeatable, isTransient, type Outcome, retriesMax } from './retry.ts'
import { RetryBudget } from './retry-budget.ts'

/** Half of at least this many calls within the window must fail before a breaker opens. */
export const breakerVolumeMin = 20
const breakerWindowMs = 10_000
/** An open breaker lets one call through after this long, to see whether the peer is back. */
const breakerResetMs = 2000
/** Retries per call, and how many a quiet time may save up. */
const retryRatio = 0.2
const retriesSavedMax = 20

/** Carries an answer that counts against the peer past the breaker, which only knows success and error. */
class FailedOutcome extends Error {
  readonly outcome: Outcome
  constructor(outcome: Outcome) {
    super('the peer failed')
    this.outcome = outcome
  }
}

/**
 * One peer behind a circuit breaker and a budget of retries. While the breaker is open nothing is sent, so that a peer in trouble gets
 * air and callers fall back at once.
 */
export class Peer {
  /** Calls sent again. */
  retries = 0
  readonly #client: Client
  readonly #timeoutMs: number
  readonly #budget = new RetryBudget(retryRatio, retriesSavedMax)
  readonly #breaker: CircuitBreaker<[CallContext, Call], Outcome>

  /**
   * @param client one that never sends again by itself
   * @param timeoutMs longest an attempt may take
   */
  constructor(client: Client, timeoutMs: number) {
    this.#client = client
    this.#timeoutMs = timeoutMs
    this.#breaker = new CircuitBreaker((context: CallContext, call: Call) => this.#attempt(context, call), {
      name: client.name,
      timeout: false,
      errorThresholdPercentage: 50,
      volumeThreshold: breakerVolumeMin,
      rollingCountTimeout: breakerWindowMs,
      resetTimeout: breakerResetMs,
      rollingPercentilesEnabled: false,
      enableSnapshots: false,
    })
  }

  get open(): boolean {
    return this.#breaker.opened
  }

  close(): void {
    this.#breaker.shutdown()
  }

  /**
   * Sends a call, and sends it again at most twice if that is safe, likely to help and within the budget.
   * @throws Problem dependency_unavailable (also while the breaker is open), deadline_exceeded or overloaded
   */
  async ask(context: CallContext, call: Call): Promise<Answer> {
    this.#budget.earn()
    for (let retry = 0; ; retry++) {
      const outcome = await this.#fire(context, retry === 0 ? call : { ...call, resendCount: retry })
      const waitMs = backoffMs(retry, Math.random())
      const inTime = () => endsInTime(waitMs, context.deadlineAt, performance.now())
      const again = retry < retriesMax && isRepeatable(call) && isTransient(outcome) && !this.open && inTime() && this.#budget.spend()
      if (!again) return answerOf(outcome)
      await delay(waitMs)
      // A busy event loop may have made the wait longer.
      if (!endsInTime(0, context.deadlineAt, performance.now())) return answerOf(outcome)
      this.retries++
    }
  }

  async #fire(context: CallContext, call: Call): Promise<Outcome> {
    try {
      return await this.#breaker.fire(context, call)
    } catch (error) {
      if (error instanceof FailedOutcome) return error.outcome
      if (CircuitBreaker.isOurError(error as Error))
        return { error: problems.dependency_unavailable(`${this.#client.name} is given time to recover`, { retryAfterS: 2 }) }
      throw error
    }
  }

  /** @throws FailedOutcome for what counts against the peer */
  async #attempt(context: CallContext, call: Call): Promise<Outcome> {
    // A caller in a hurry must not be able to open the breaker for everybody: time that the caller cut short says nothing about the peer.
    // Half, because a deadline set to the timeout itself is always a little nearer by now.
    const hurried = context.deadlineAt - performance.now() < this.#timeoutMs / 2
    let outcome: Outcome
    try {
      outcome = { answer: await this.#client.call(context, call) }
    } catch (error) {
      outcome = { error }
    }
    if (isFailure(outcome) && !(hurried && 'error' in outcome)) throw new FailedOutcome(outcome)
    return outcome
  }
}

/** What the last attempt said: after the deadline it is the truest answer there is, since that a call was never sent would be wrong. */
function answerOf(outcome: Outcome): Answer {
  if ('error' in outcome) throw outcome.error
  return outcome.answer
}
