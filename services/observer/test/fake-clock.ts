import { setImmediate as turn } from 'node:timers/promises'
import type { Clock } from '../lib/clock.ts'

interface Timer {
  dueAtMs: number
  ms: number
  act: () => void
}

/** A clock that stands still until it is told to go on, while the network goes on as it likes. */
export class FakeClock implements Clock {
  /** Every wait that was asked for, in milliseconds. */
  readonly waits: number[] = []
  readonly #timers = new Set<Timer>()
  readonly #random: () => number
  #nowMs = 0

  constructor(random: () => number) {
    this.#random = random
  }

  now(): number {
    return this.#nowMs
  }

  random(): number {
    return this.#random()
  }

  after(ms: number, act: () => void): () => void {
    const timer = { dueAtMs: this.#nowMs + ms, ms, act }
    this.#timers.add(timer)
    this.waits.push(ms)
    return () => this.#timers.delete(timer)
  }

  /** How many waits of a length are going on. */
  pending(isMeant: (ms: number) => boolean): number {
    return [...this.#timers].filter(({ ms }) => isMeant(ms)).length
  }

  /** Goes on to the next timer and lets it act; no further than `untilMs`. */
  step(untilMs = Number.POSITIVE_INFINITY): void {
    const [next] = [...this.#timers].sort((a, b) => a.dueAtMs - b.dueAtMs)
    if (!next || next.dueAtMs > untilMs) {
      this.#nowMs = Math.max(this.#nowMs, Number.isFinite(untilMs) ? untilMs : this.#nowMs)
      return
    }
    this.#timers.delete(next)
    this.#nowMs = Math.max(this.#nowMs, next.dueAtMs)
    next.act()
  }
}

/** Resolves when it holds, however many turns of the event loop that takes; the test's time limit ends a wait in vain. */
export async function settled(holds: () => boolean): Promise<void> {
  while (!holds()) await turn()
}
