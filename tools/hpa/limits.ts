/**
 * What stands between a recommendation and a new size: stabilization windows, then rate and size limits.
 * https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/controller/podautoscaler/horizontal.go
 */
import type { History, ScaleEvent } from './history.ts'
import type { ControllerFlags, DefaultedRules, DefaultedSpec } from './spec.ts'

/** Without `behavior`, one decision may go to twice the size, or to this many replicas if that is more. */
const SCALE_UP_LIMIT_FACTOR = 2
const SCALE_UP_LIMIT_MINIMUM = 4

/**
 * The recommendation after the windows. With `behavior`: the present size, raised to the lowest recommendation of the
 * scale-up window or lowered to the highest of the scale-down window. Without: the highest of the controller's window.
 */
export function stabilize(
  spec: DefaultedSpec,
  flags: ControllerFlags,
  history: History,
  nowMs: number,
  current: number,
  wanted: number,
): number {
  const { behavior } = spec
  if (behavior === undefined) {
    const windowed = history.recommendations.filter(({ atMs }) => atMs >= nowMs - flags.downscaleStabilizationMs)
    return Math.max(wanted, ...windowed.map(({ replicas }) => replicas))
  }
  const within = ({ stabilizationWindowSeconds }: DefaultedRules) =>
    history.recommendations.filter(({ atMs }) => atMs > nowMs - stabilizationWindowSeconds * 1000).map(({ replicas }) => replicas)
  const lowest = Math.min(wanted, ...within(behavior.scaleUp))
  const highest = Math.max(wanted, ...within(behavior.scaleDown))
  return Math.min(Math.max(current, lowest), highest)
}

export type LimitReason = 'DesiredWithinRange' | 'ScaleUpLimit' | 'ScaleDownLimit' | 'TooManyReplicas' | 'TooFewReplicas'

const LIMIT_MESSAGE: Record<LimitReason, string> = {
  DesiredWithinRange: 'the desired count is within the acceptable range',
  ScaleUpLimit: 'the desired replica count is increasing faster than the maximum scale rate',
  ScaleDownLimit: 'the desired replica count is decreasing faster than the maximum scale rate',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
}

export interface Limited {
  replicas: number
  reason: LimitReason
  message: string
}

/** Clamps a stabilized recommendation to the rate limits and to minReplicas..maxReplicas, and says which limit bound. */
export function limit(spec: DefaultedSpec, history: History, nowMs: number, current: number, wanted: number): Limited {
  const { behavior, minReplicas, maxReplicas } = spec
  if (behavior === undefined) {
    const fastest = Math.max(SCALE_UP_LIMIT_FACTOR * current, SCALE_UP_LIMIT_MINIMUM)
    if (wanted < minReplicas) return limited(minReplicas, 'TooFewReplicas')
    return atMost(wanted, maxReplicas, fastest)
  }
  if (wanted > current) {
    return atMost(wanted, maxReplicas, Math.max(current, scaleUpLimit(behavior.scaleUp, history, nowMs, current)))
  }
  if (wanted < current) {
    return atLeast(wanted, minReplicas, Math.min(current, scaleDownLimit(behavior.scaleDown, history, nowMs, current)))
  }
  return limited(wanted, 'DesiredWithinRange')
}

function atMost(wanted: number, maxReplicas: number, fastest: number): Limited {
  const [most, reason]: [number, LimitReason] = maxReplicas > fastest ? [fastest, 'ScaleUpLimit'] : [maxReplicas, 'TooManyReplicas']
  return wanted > most ? limited(most, reason) : limited(wanted, 'DesiredWithinRange')
}

function atLeast(wanted: number, minReplicas: number, slowest: number): Limited {
  const [least, reason]: [number, LimitReason] = minReplicas < slowest ? [slowest, 'ScaleDownLimit'] : [minReplicas, 'TooFewReplicas']
  return wanted < least ? limited(least, reason) : limited(wanted, 'DesiredWithinRange')
}

function limited(replicas: number, reason: LimitReason): Limited {
  return { replicas, reason, message: LIMIT_MESSAGE[reason] }
}

/** The most replicas the scale-up policies allow now, counted from the size each policy's period began with. */
export function scaleUpLimit(rules: DefaultedRules, history: History, nowMs: number, current: number): number {
  if (rules.selectPolicy === 'Disabled') return current
  const allowed = rules.policies.map(({ type, value, periodSeconds }) => {
    const before = sizeAtPeriodStart(history, nowMs, current, periodSeconds)
    // Rounded up, since a percentage of a small size would otherwise never add a pod.
    return type === 'Pods' ? before + value : Math.ceil(before * (1 + value / 100))
  })
  return rules.selectPolicy === 'Min' ? Math.min(...allowed) : Math.max(...allowed)
}

/** The fewest replicas the scale-down policies allow now. */
export function scaleDownLimit(rules: DefaultedRules, history: History, nowMs: number, current: number): number {
  if (rules.selectPolicy === 'Disabled') return current
  const allowed = rules.policies.map(({ type, value, periodSeconds }) => {
    const before = sizeAtPeriodStart(history, nowMs, current, periodSeconds)
    return type === 'Pods' ? before - value : Math.trunc(before * (1 - value / 100))
  })
  return rules.selectPolicy === 'Min' ? Math.max(...allowed) : Math.min(...allowed)
}

function sizeAtPeriodStart(history: History, nowMs: number, current: number, periodSeconds: number): number {
  const changes = (events: readonly ScaleEvent[]) =>
    events.reduce((sum, { atMs, change }) => (atMs > nowMs - periodSeconds * 1000 ? sum + change : sum), 0)
  return current - changes(history.scaleUps) + changes(history.scaleDowns)
}
