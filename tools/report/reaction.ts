/** How fast a run answered each step of its load: first decision, first new replica, latency back. */
import type { Recording } from './recording-format.ts'
import { decisionLine, type Sample } from './sample.ts'

/** A rise by less than this factor is not called a step. */
const STEP_FACTOR = 1.2
/** How long p99 must stay under the limit to be called back. */
const BACK_FOR_S = 5

export interface Step {
  stage: string
  /** When the stage begins and ends, in seconds of the recording. */
  atS: number
  untilS: number
  fromPerS: number
  toPerS: number
}

/** All times are seconds since the step; null means not before the stage was over. */
export interface Reaction extends Step {
  firstDecisionS: number | null
  firstDecision: string | null
  firstReadyS: number | null
  firstReady: string | null
  /** 0 when p99 never rose above the limit. */
  p99BackS: number | null
}

/** One stage of the load as the samples show it. */
export interface Stage {
  name: string
  atS: number
  untilS: number
  /** Mean offered requests per second. */
  ratePerS: number
}

/** The stages in order; a pause without load ends one. */
export function stagesOf(samples: Sample[]): Stage[] {
  const stages: (Stage & { seconds: number })[] = []
  let last: string | undefined
  for (const { atS, load } of samples) {
    const open = stages.at(-1)
    if (open !== undefined && last !== undefined) open.untilS = atS
    if (load !== null && load.stage === last && open !== undefined) {
      open.ratePerS += (load.offered - open.ratePerS) / ++open.seconds
    } else if (load !== null) stages.push({ name: load.stage, atS, untilS: atS, ratePerS: load.offered, seconds: 1 })
    last = load?.stage
  }
  return stages.map(({ seconds: _, ...stage }) => stage)
}

/** The stages that offer clearly more than the one before. */
export function stepsOf(samples: Sample[]): Step[] {
  const stages = stagesOf(samples)
  return stages.flatMap(({ name, atS, untilS, ratePerS }, index) => {
    const before = stages[index - 1]
    if (before === undefined || ratePerS < before.ratePerS * STEP_FACTOR) return []
    return [{ stage: name, atS, untilS, fromPerS: before.ratePerS, toPerS: ratePerS }]
  })
}

/** What followed each step. @param p99MsMax the limit of the load generator's p99, in milliseconds */
export function reactionsOf(recording: Recording, p99MsMax: number): Reaction[] {
  const { samples, decisions } = recording
  return stepsOf(samples).map((step) => {
    const since = (atS: number) => atS - step.atS
    const decision = decisions.find(({ atS, from, to }) => atS >= step.atS && atS < step.untilS && to > from)
    const ready = firstReady(recording, step)
    return {
      ...step,
      firstDecisionS: decision === undefined ? null : since(decision.atS),
      firstDecision: decision === undefined ? null : decisionLine(decision),
      firstReadyS: ready === undefined ? null : since(ready.atS),
      firstReady: ready?.name ?? null,
      p99BackS: p99Back(samples, step, p99MsMax),
    }
  })
}

/** A replica that becomes ready after the step; where replicas are not told apart, a service with more ready ones than at the step. */
function firstReady({ samples, pods }: Recording, step: Step): { atS: number; name: string } | undefined {
  const within = ({ atS }: { atS: number }) => atS > step.atS && atS <= step.untilS
  const change = pods.find((pod) => pod.state === 'ready' && within(pod))
  if (change !== undefined || pods.length > 0) return change && { atS: change.atS, name: change.pod }
  const before = samples.findLast(({ atS }) => atS <= step.atS)
  for (const sample of samples.filter(within)) {
    const grown = Object.entries(sample.services).find(([name, { ready }]) => ready > (before?.services[name]?.ready ?? ready))
    if (grown !== undefined) return { atS: sample.atS, name: grown[0] }
  }
  return undefined
}

function p99Back(samples: Sample[], { atS, untilS }: Step, p99MsMax: number): number | null {
  let everAbove = false
  let underSinceS: number | undefined
  for (const sample of samples) {
    if (sample.atS < atS || sample.atS >= untilS || sample.load === null) continue
    if (sample.load.p99Ms > p99MsMax) {
      everAbove = true
      underSinceS = undefined
    } else if (everAbove) underSinceS ??= sample.atS
    if (underSinceS !== undefined && sample.atS >= underSinceS + BACK_FOR_S) break
  }
  if (!everAbove) return 0
  return underSinceS === undefined ? null : underSinceS - atS
}
