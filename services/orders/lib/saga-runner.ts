import { performance } from 'node:perf_hooks'
import type { CallContext } from '@headroom/kit/deadlines'
import type { Problem } from '@headroom/kit/errors'
import type { InNewTrace } from '@headroom/kit/tracing'
import type { Order } from './order.ts'
import type { FoundOrder, OrderStore } from './order-store.ts'
import type { Peers } from './peers.ts'
import { isFinal } from './saga.ts'
import { takeStep, timedOut } from './steps.ts'

/** Orders taken over in one round. Few, so that a round is short and replicas share the work. */
const batchMax = 10
/** The same while another service is away: enough to notice its return, too few to weigh on it. */
const probeMax = 3
/** Longest a recovery works on one order before it puts it back. */
const recoveryMs = 5000
/** Longest pause between two tries of an order that cannot be finished because another service is away. */
const pauseMaxS = 10

/** How a run ended: `done` finished, `left` for a recovery because an answer is missing, `lost` to another worker. */
export interface RunResult {
  order: Order
  end: 'done' | 'left' | 'lost'
  refusal?: Problem
}

export interface SagaOptions {
  store: OrderStore
  peers: Peers
  leaseS: number
  /** Age at which an order that still holds nothing is cancelled. */
  giveUpS: number
  inNewTrace: InNewTrace
  /** Called when an order was finished, and when one was left to the recovery. */
  onDone: (order: Order) => void
  onLeft: (order: Order) => void
}

/** Takes orders through the saga's steps, for the request that made one and for the recovery of those left behind. */
export class SagaRunner {
  readonly #options: SagaOptions
  #struggling = false

  constructor(options: SagaOptions) {
    this.#options = options
  }

  /** True while most orders that recovery takes over cannot be finished: another service is away, and there is no hurry to ask it again. */
  get struggling(): boolean {
    return this.#struggling
  }

  /**
   * Takes steps until the order is finished, an answer is missing or another worker has it.
   * @throws Problem database_unavailable; the order is then where its row says, and its lease runs out
   */
  async run(context: CallContext, start: Order): Promise<RunResult> {
    const { store, peers, onDone } = this.#options
    let order = start
    let refusal: Problem | undefined
    while (!isFinal(order.state)) {
      const step = await takeStep(peers, context, order)
      if (step.move !== undefined) {
        const next = await store.advance(order, step.move)
        // An order that may not be given up after all is as good as left; one that another worker has is not touched by leaving it.
        if (next === undefined) return await this.#leave(order, 'lost')
        order = next
        refusal ??= step.refusal
      }
      if (step.unknown) return await this.#leave(order, 'left', refusal)
    }
    onDone(order)
    return { order, end: 'done', refusal }
  }

  async #leave(order: Order, end: 'left' | 'lost', refusal?: Problem): Promise<RunResult> {
    const { store, onLeft } = this.#options
    // Should this fail, the lease runs out by itself.
    await store.handOver(order, pauseS(order.claim)).catch(() => {})
    onLeft(order)
    return { order, end, refusal }
  }

  /** One round of recovery: takes over orders whose lease has passed and finishes or compensates them. True when there may be more. */
  async recover(): Promise<boolean> {
    const limit = this.#struggling ? probeMax : batchMax
    const orders = await this.#options.store.takeOver(limit)
    const ends = await Promise.allSettled(orders.map((order) => this.#recoverOne(order)))
    const failed = ends.find((end) => end.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    const left = ends.filter((end) => end.status === 'fulfilled' && end.value === 'left').length
    if (orders.length > 0) this.#struggling = left * 2 > orders.length
    return orders.length === limit && !this.#struggling
  }

  async #recoverOne(found: FoundOrder): Promise<RunResult['end']> {
    const { store, leaseS, giveUpS, inNewTrace } = this.#options
    const deadlineAt = performance.now() + Math.min(leaseS * 1000 - 1000, recoveryMs)
    let order: Order | undefined = found
    // Only what surely cost nobody money is given up; from `held` on, payments has the last word.
    if (found.state === 'pending' && found.ageS > giveUpS) order = await store.advance(found, timedOut())
    if (order === undefined) return 'lost'
    const start = order
    const attributes = { 'headroom.order.id': found.id, 'headroom.order.state': found.state }
    return await inNewTrace('recover order', attributes, async (traceparent) => (await this.run({ traceparent, deadlineAt }, start)).end)
  }
}

/** Seconds until the next try: soon after the first, then twice as long each time, jittered. */
function pauseS(claim: number): number {
  return claim === 0 ? 0.1 : Math.min(pauseMaxS, 2 ** (claim - 1)) * (0.5 + Math.random() / 2)
}
