/** How fast a run answered each step of its load: first decision, first new replica, latency back. */
import { loadAtS } from './clocks.ts'
import type { PodChange, Recording } from './recording-format.ts'
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

/** The stages in order, by the times of their seconds of load; a pause without load ends one. */
export function stagesOf(samples: Sample[]): Stage[] {
  const stages: (Stage & { seconds: number })[] = []
  let before: Sample | undefined
  for (const sample of samples) {
    const { load } = sample
    const open = stages.at(-1)
    const atS = loadAtS(sample)
    if (open !== undefined && before?.load != null) open.untilS = load === null ? endOf(before, sample) : atS
    if (load !== null && load.stage === before?.load?.stage && open !== undefined) {
      open.ratePerS += (load.offered - open.ratePerS) / ++open.seconds
    } else if (load !== null) stages.push({ name: load.stage, atS, untilS: atS, ratePerS: load.offered, seconds: 1 })
    before = sample
  }
  const last = stages.at(-1)
  if (last !== undefined && before?.load != null) last.untilS = endOf(before, before)
  return stages.map(({ seconds: _, ...stage }) => stage)
}

/** When the last second before a pause ended: a second after it began, or where only samples have a time, with the next one. */
function endOf(sample: Sample, next: Sample): number {
  return sample.load?.atS === undefined ? next.atS : sample.load.atS + 1
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

/**
 * A replica that started after the step and became ready; one whose start is not known was perhaps wanted before. Where
 * replicas are not told apart, a service with more ready ones than it had of all at the step.
 */
function firstReady({ samples, pods }: Recording, step: Step): { atS: number; name: string } | undefined {
  const within = ({ atS }: { atS: number }) => atS > step.atS && atS <= step.untilS
  // What was told of each first: one that is starting again after it had been ready is not new.
  const first = new Map(pods.toReversed().map((change) => [change.pod, change]))
  const isNew = ({ pod }: PodChange) => first.get(pod)?.state === 'starting' && (first.get(pod)?.atS ?? 0) >= step.atS
  const change = pods.find((pod) => pod.state === 'ready' && within(pod) && isNew(pod))
  if (change !== undefined || pods.length > 0) return change && { atS: change.atS, name: change.pod }
  const before = samples.findLast(({ atS }) => atS <= step.atS)
  for (const sample of samples.filter(within)) {
    const grown = Object.entries(sample.services).find(([name, { ready }]) => ready > (before?.services[name]?.current ?? ready))
    if (grown !== undefined) return { atS: sample.atS, name: grown[0] }
  }
  return undefined
}

/** Null where p99 rose above the limit and was not seen under it for long enough, within the stage. */
function p99Back(samples: Sample[], { atS, untilS }: Step, p99MsMax: number): number | null {
  let everAbove = false
  let underSinceS: number | undefined
  for (const sample of samples) {
    const secondS = loadAtS(sample)
    if (sample.load === null || secondS < atS || secondS >= untilS) continue
    if (sample.load.p99Ms > p99MsMax) {
      everAbove = true
      underSinceS = undefined
    } else if (everAbove) underSinceS ??= secondS
    if (underSinceS !== undefined && secondS + 1 >= underSinceS + BACK_FOR_S) return underSinceS - atS
  }
  return everAbove ? null : 0
}
