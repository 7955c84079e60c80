import { performance } from 'node:perf_hooks'
import { problems } from '@headroom/kit/errors'

export interface BatcherOptions<Item, Result> {
  /** Does one batch and answers each item, in the order given; an Error as an answer rejects that item alone. Never called twice at a time. */
  run: (items: Item[]) => Promise<(Result | Error)[]>
  /** Most items of one batch. */
  batchMax: number
  /** Most items that wait; more are refused as overloaded. */
  queueMax: number
}

interface Waiting<Item, Result> {
  item: Item
  deadlineAt: number
  resolve: (result: Result) => void
  reject: (error: unknown) => void
}

/**
 * Makes one piece of work of many that arrive together: everything submitted in one turn of the event loop, and everything that arrives while
 * a batch is being done, which is the next one. Nothing is delayed in the hope of company, and order of arrival is kept.
 */
export class Batcher<Item, Result> {
  readonly #options: BatcherOptions<Item, Result>
  #queue: Waiting<Item, Result>[] = []
  #busy = false

  constructor(options: BatcherOptions<Item, Result>) {
    this.#options = options
  }

  /** How many items wait for the next batch. */
  get waiting(): number {
    return this.#queue.length
  }

  /**
   * @param deadlineAt on the clock of `performance.now()`; what is still waiting then is refused, not begun
   * @throws Problem overloaded or deadline_exceeded, or what `run` answered or threw
   */
  submit(item: Item, deadlineAt: number): Promise<Result> {
    if (this.#queue.length >= this.#options.queueMax)
      return Promise.reject(problems.overloaded('too many requests wait for the same statement', { retryAfterS: 1 }))
    return new Promise((resolve, reject) => {
      this.#queue.push({ item, deadlineAt, resolve, reject })
      if (this.#busy) return
      this.#busy = true
      setImmediate(() => this.#drain())
    })
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#take()
      if (batch.length > 0) await this.#work(batch)
    }
    this.#busy = false
  }

  #take(): Waiting<Item, Result>[] {
    const now = performance.now()
    const first = this.#queue.splice(0, this.#options.batchMax)
    return first.filter(({ deadlineAt, reject }) => {
      if (deadlineAt > now) return true
      reject(problems.deadline_exceeded('the time was up before the work began', { retryAfterS: 1 }))
      return false
    })
  }

  async #work(batch: Waiting<Item, Result>[]): Promise<void> {
    try {
      const results = await this.#options.run(batch.map(({ item }) => item))
      for (const [index, { resolve, reject }] of batch.entries()) {
        const result = results[index]
        if (result instanceof Error) reject(result)
        else resolve(result as Result)
      }
    } catch (error) {
      for (const { reject } of batch) reject(error)
    }
  }
}
