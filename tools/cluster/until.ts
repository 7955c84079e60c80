import { setTimeout as delay } from 'node:timers/promises'
import { ClusterError } from './errors.ts'

const pollMs = 500

/**
 * Asks until the answer is there.
 * @param what named in the error
 * @param ask gives undefined while there is no answer yet
 * @throws ClusterError with `what` when it is not there within `withinMs`; whatever `ask` throws
 */
export async function until<T>(what: string, ask: () => Promise<T | undefined>, withinMs = 120_000): Promise<T> {
  const untilMs = Date.now() + withinMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined) return answer
    if (Date.now() > untilMs) throw new ClusterError(`${what}: not within ${withinMs / 1000} s`)
    await delay(pollMs)
  }
}
