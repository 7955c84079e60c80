/** What is offered when: a run is a list of stages, each a steady rate for a while. */

/** One stretch of a run at one rate. */
export interface Stage {
  readonly name: string
  readonly durationS: number
  readonly ratePerS: number
}

/** A mistake in what the user asked for; its message names the field and the fix. */
export class UsageError extends Error {
  override name = 'UsageError'
}

export const DURATION_S_MAX = 3600
export const STAGES_MAX = 100
export const RATE_PER_S_MAX = 100_000

/** One rate from start to end. */
export function steadyProfile(ratePerS: number, durationS: number): Stage[] {
  return [{ name: 'steady', durationS, ratePerS }]
}

/** A calm, a sudden step to `factor` times the rate, and a calm again. */
export function surgeProfile(ratePerS: number, factor: number, calmS: number, surgeS: number, afterS: number): Stage[] {
  return [
    { name: 'calm', durationS: calmS, ratePerS },
    { name: 'surge', durationS: surgeS, ratePerS: ratePerS * factor },
    { name: 'after', durationS: afterS, ratePerS },
  ]
}

/** From the rate to `factor` times the rate in `steps` equal steps of equal length. */
export function stepsProfile(ratePerS: number, factor: number, steps: number, durationS: number): Stage[] {
  return Array.from({ length: steps }, (_, step) => ({
    name: `step-${step + 1}`,
    durationS: durationS / steps,
    ratePerS: steps === 1 ? ratePerS : ratePerS * (1 + ((factor - 1) * step) / (steps - 1)),
  }))
}

/**
 * Checks the limits every run keeps.
 * @throws {UsageError} naming the stage and the limit
 */
export function checkStages(stages: readonly Stage[]): void {
  if (stages.length === 0) throw new UsageError('stages: must have at least one stage')
  if (stages.length > STAGES_MAX) throw new UsageError(`stages: must have at most ${STAGES_MAX} stages, has ${stages.length}`)
  for (const [index, { ratePerS, durationS }] of stages.entries()) {
    if (!(ratePerS > 0)) throw new UsageError(`stages[${index}].rate: must be a number > 0`)
    if (!(durationS > 0)) throw new UsageError(`stages[${index}].duration: must be longer than 0`)
    if (ratePerS > RATE_PER_S_MAX)
      throw new UsageError(`stages[${index}].rate: must be at most ${RATE_PER_S_MAX} requests/s, is ${ratePerS}`)
  }
  const totalS = totalDurationS(stages)
  if (!(totalS <= DURATION_S_MAX)) throw new UsageError(`stages: together last ${totalS} s, the limit is ${DURATION_S_MAX} s (1 h)`)
}

/** Length of all stages together, in seconds. */
export function totalDurationS(stages: readonly Stage[]): number {
  return stages.reduce((sum, stage) => sum + stage.durationS, 0)
}
