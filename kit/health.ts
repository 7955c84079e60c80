/** What `GET /dependencies` shows of one peer or database; it informs and never fails a probe. */
export interface DependencyState {
  status: 'up' | 'down' | 'unknown'
  detail?: string
}

/**
 * The probe state of one service. Readiness is: started, what must be seen once was seen, not draining.
 * No load and no dependency takes readiness away again: a pod that is unready because it is busy would look idle to the autoscaler.
 */
export class Health {
  started = false
  draining = false
  readonly #pending = new Map<string, () => Promise<boolean>>()
  readonly #dependencies = new Map<string, () => DependencyState>()
  readonly #waiting = new AbortController()
  readonly #patienceMs: number

  /** @param patienceMs how long a boot waits for what must be seen, so that the first readiness probe finds it; the next one is seconds away */
  constructor(patienceMs = 2000) {
    this.#patienceMs = patienceMs
  }

  /** Ready only after `seen` has answered true once; it is asked every 200 ms until then and never again. */
  require(name: string, seen: () => Promise<boolean>): void {
    this.#pending.set(name, seen)
  }

  /** Shows a dependency under /dependencies; `state` is called when somebody looks. */
  watch(name: string, state: () => DependencyState): void {
    this.#dependencies.set(name, state)
  }

  get ready(): boolean {
    return this.started && this.#pending.size === 0 && !this.draining
  }

  /** What is still missing for readiness, in words. */
  get missing(): string[] {
    return [...(this.started ? [] : ['started']), ...this.#pending.keys(), ...(this.draining ? ['draining'] : [])]
  }

  dependencies(): Record<string, DependencyState> {
    return Object.fromEntries([...this.#dependencies].map(([name, state]) => [name, state()]))
  }

  /**
   * Looks for everything that is required; resolves once it was seen, or when `stop` is called. The process counts as booted by then, or
   * after `patienceMs`: a dependency that is gone does not fail a startup probe.
   */
  async start(): Promise<void> {
    const booted = setTimeout(() => {
      this.started = true
    }, this.#patienceMs)
    await Promise.all([...this.#pending].map(([name, seen]) => this.#waitFor(name, seen)))
    clearTimeout(booted)
    this.started = true
  }

  stop(): void {
    this.draining = true
    this.#waiting.abort()
  }

  async #waitFor(name: string, seen: () => Promise<boolean>): Promise<void> {
    const { signal } = this.#waiting
    while (!signal.aborted) {
      if (await seen().catch(() => false)) {
        this.#pending.delete(name)
        return
      }
      await new Promise<void>((resolve) => {
        const done = () => {
          clearTimeout(timer)
          signal.removeEventListener('abort', done)
          resolve()
        }
        const timer = setTimeout(done, 200)
        signal.addEventListener('abort', done)
      })
    }
  }
}
