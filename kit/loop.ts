import { performance } from 'node:perf_hooks'

/** One kind of background work, done again and again until the service closes. */
export interface LoopOptions {
  /** One round; true asks for the next at once. */
  work: () => Promise<boolean>
  /** Mean time between two rounds; each wait is jittered by half, so that replicas do not march in step. */
  intervalMs: number
  /** Told once when rounds begin to fail, and with undefined when one succeeds again. */
  onHealth: (error: unknown) => void
}

/** Runs rounds of work one after another, never two at a time. */
export class Loop {
  readonly #options: LoopOptions
  #timer: NodeJS.Timeout | undefined
  #dueAt = Number.POSITIVE_INFINITY
  #busy = false
  #round: Promise<void> | undefined
  #closed = false
  #failing = false

  constructor(options: LoopOptions) {
    this.#options = options
  }

  start(): void {
    this.wake(this.#intervalMs())
  }

  /** Makes the next round start within `delayMs`, unless it is to start sooner anyway. */
  wake(delayMs: number): void {
    const dueAt = performance.now() + delayMs
    if (dueAt >= this.#dueAt) return
    this.#dueAt = dueAt
    // A round in progress plans the next one when it ends.
    if (!this.#busy) this.#plan()
  }

  /** Resolves when the round in progress is over; no other follows. */
  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#timer)
    await this.#round
  }

  #plan(): void {
    clearTimeout(this.#timer)
    if (this.#closed) return
    this.#timer = setTimeout(
      () => {
        this.#round = this.#run()
      },
      Math.max(0, this.#dueAt - performance.now()),
    )
  }

  async #run(): Promise<void> {
    const { work, onHealth } = this.#options
    this.#busy = true
    this.#dueAt = Number.POSITIVE_INFINITY
    let more = false
    try {
      more = await work()
      if (this.#failing) onHealth(undefined)
      this.#failing = false
    } catch (error) {
      if (!this.#failing) onHealth(error)
      this.#failing = true
    }
    this.wake(more ? 0 : this.#intervalMs())
    this.#busy = false
    this.#plan()
  }

  #intervalMs(): number {
    return this.#options.intervalMs * (0.5 + Math.random())
  }
}
