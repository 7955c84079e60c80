/** What the rules remember of one autoscaler. Values are never changed in place: each step returns the next history. */
import type { ControllerFlags, DefaultedRules, DefaultedSpec } from './spec.ts'

export interface Recommendation {
  atMs: number
  replicas: number
}

/** A change of size that was made; `change` is the number of pods, always positive. */
export interface ScaleEvent {
  atMs: number
  change: number
}

export interface History {
  recommendations: readonly Recommendation[]
  scaleUps: readonly ScaleEvent[]
  scaleDowns: readonly ScaleEvent[]
}

export const EMPTY_HISTORY: History = { recommendations: [], scaleUps: [], scaleDowns: [] }

/** A first look at a target counts as a recommendation of its present size, so that a fresh controller scales nothing down at once. */
export function startedAt(history: History, currentReplicas: number, nowMs: number): History {
  if (history.recommendations.length > 0) return history
  return { ...history, recommendations: [{ atMs: nowMs, replicas: currentReplicas }] }
}

/** Adds a recommendation as it was before stabilization, and forgets those no window can reach any more. */
export function recommended(history: History, replicas: number, nowMs: number, windowMs: number): History {
  const kept = history.recommendations.filter(({ atMs }) => atMs >= nowMs - windowMs)
  return { ...history, recommendations: [...kept, { atMs: nowMs, replicas }] }
}

/** Adds the change from one size to another, and forgets events older than every policy's period. */
export function scaled(history: History, from: number, to: number, nowMs: number, behavior: DefaultedSpec['behavior']): History {
  if (behavior === undefined || from === to) return history // without policies nobody would read the events
  const periodMs = Math.max(longestPeriodMs(behavior.scaleUp), longestPeriodMs(behavior.scaleDown))
  const recent = (events: readonly ScaleEvent[]) => events.filter(({ atMs }) => atMs >= nowMs - periodMs)
  const event = { atMs: nowMs, change: Math.abs(to - from) }
  return {
    ...history,
    scaleUps: to > from ? [...recent(history.scaleUps), event] : recent(history.scaleUps),
    scaleDowns: to < from ? [...recent(history.scaleDowns), event] : recent(history.scaleDowns),
  }
}

/** The longest stretch of the past that stabilization looks at. */
export function longestWindowMs(spec: DefaultedSpec, flags: ControllerFlags): number {
  if (spec.behavior === undefined) return flags.downscaleStabilizationMs
  const { scaleUp, scaleDown } = spec.behavior
  return Math.max(scaleUp.stabilizationWindowSeconds, scaleDown.stabilizationWindowSeconds) * 1000
}

function longestPeriodMs({ policies }: DefaultedRules): number {
  return Math.max(0, ...policies.map(({ periodSeconds }) => periodSeconds * 1000))
}
