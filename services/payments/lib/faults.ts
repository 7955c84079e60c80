import type { Faults } from './schemas.ts'

/** What goes wrong with one request: nothing, or an error before or after the request took effect. */
export type Failure = 'none' | 'before' | 'after'

/** The fault switches of this replica. All off until somebody sets them. */
export class FaultSwitches {
  current: Faults = { latencyMs: 0, declineRatio: 0, errorRatio: 0 }
  readonly #random: () => number

  /** @param random uniform in [0, 1) */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /** A real provider's error does not tell whether the money moved, so half of the errors come after it did. */
  failure(): Failure {
    const { errorRatio } = this.current
    if (errorRatio === 0) return 'none'
    const drawn = this.#random()
    if (drawn >= errorRatio) return 'none'
    return drawn < errorRatio / 2 ? 'before' : 'after'
  }

  declines(): boolean {
    const { declineRatio } = this.current
    return declineRatio > 0 && this.#random() < declineRatio
  }
}
