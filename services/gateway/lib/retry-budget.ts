/**
 * Limits the load that retries add: each call earns a fraction of a retry, each retry spends a whole one.
 * Nothing is earned in advance, so retries never exceed `ratio` of the calls, whatever fails; the cap keeps a long quiet
 * time from being saved up for a storm (https://sre.google/sre-book/addressing-cascading-failures/).
 */
export class RetryBudget {
  readonly #ratio: number
  readonly #max: number
  #tokens = 0

  /**
   * @param ratio retries per call, such as 0.2
   * @param max retries that may be saved up
   */
  constructor(ratio: number, max: number) {
    this.#ratio = ratio
    this.#max = max
  }

  /** Counts one call, retries not included. */
  earn(): void {
    this.#tokens = Math.min(this.#max, this.#tokens + this.#ratio)
  }

  /** True when one more retry may be sent; it is then spent. */
  spend(): boolean {
    // Five times 0.2 is a hair below 1 in binary: a millionth of a retry is forgiven.
    if (this.#tokens < 1 - 1e-6) return false
    this.#tokens = Math.max(0, this.#tokens - 1)
    return true
  }
}
