import type { Stage } from './profile.ts'
import { exponential, type Random } from './random.ts'

/** How arrivals are spaced: as independent users come (Poisson) or evenly. */
export type Spacing = 'poisson' | 'uniform'

/**
 * The moments at which requests are due, worked out one ahead.
 *
 * The stages' rates add up to a rising line of expected arrivals; a request is due where that line reaches the next
 * level. Levels 0.5, 1.5, 2.5... give even spacing, levels with exponential gaps a Poisson process
 * (https://en.wikipedia.org/wiki/Poisson_point_process#Inversion), and either crosses a change of rate without a seam.
 */
export class Schedule {
  /** Milliseconds from the start at which the next request is due; Infinity once all were taken. */
  nextAtMs = 0
  /** Index of the stage the next request belongs to. */
  nextStage = 0

  readonly totalMs: number
  readonly #stages: readonly Stage[]
  readonly #gap: () => number
  #level: number
  #stageStartMs = 0
  #stageStartLevel = 0

  constructor(stages: readonly Stage[], spacing: Spacing, random: Random) {
    this.#stages = stages
    this.#gap = spacing === 'poisson' ? () => exponential(random) : () => 1
    this.#level = spacing === 'poisson' ? this.#gap() : 0.5
    this.totalMs = stages.reduce((sum, stage) => sum + stage.durationS * 1000, 0)
    this.#settle()
  }

  /** Takes the next arrival off the schedule. */
  advance(): void {
    this.#level += this.#gap()
    this.#settle()
  }

  #settle(): void {
    for (let stage = this.#stages[this.nextStage]; stage !== undefined; stage = this.#stages[this.nextStage]) {
      const stageLevels = stage.ratePerS * stage.durationS
      if (this.#level < this.#stageStartLevel + stageLevels) {
        this.nextAtMs = this.#stageStartMs + ((this.#level - this.#stageStartLevel) / stage.ratePerS) * 1000
        return
      }
      this.#stageStartLevel += stageLevels
      this.#stageStartMs += stage.durationS * 1000
      this.nextStage += 1
    }
    this.nextAtMs = Number.POSITIVE_INFINITY
  }
}

/** Index of the stage that is on at `atMs`, or the number of stages when all have passed. */
export function stageAt(stages: readonly Stage[], atMs: number): number {
  let endMs = 0
  for (const [index, stage] of stages.entries()) {
    endMs += stage.durationS * 1000
    if (atMs < endMs) return index
  }
  return stages.length
}
