/**
 * One decision of the HorizontalPodAutoscaler, as a pure function: what it reads is given, what it remembers is returned.
 * Rules: https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/#algorithm-details
 */
import { type History, longestWindowMs, recommended, scaled, startedAt } from './history.ts'
import { limit, stabilize } from './limits.ts'
import { MetricError, type MetricStatus, type Proposal, propose, type Reading } from './metrics.ts'
import type { PodState } from './pods.ts'
import { numberValue, type Quantity } from './quantity.ts'
import { explain } from './reason.ts'
import type { Situation, Tolerances } from './replicas.ts'
import { type ControllerFlags, DEFAULT_FLAGS, type DefaultedSpec, type HpaSpec, withDefaults } from './spec.ts'

/** What the controller can see at one moment. Times are milliseconds on one clock of the caller's. */
export interface Input {
  nowMs: number
  /** `spec.replicas` of the scale target. */
  currentReplicas: number
  /** `status.replicas` of the scale target; `currentReplicas` when left out. */
  statusReplicas?: number
  /** Every pod the target's selector matches. */
  pods: PodState[]
  /** One per entry of `spec.metrics` after defaulting, in the same order. */
  readings: (Reading | undefined)[]
}

export interface Condition {
  type: 'AbleToScale' | 'ScalingActive' | 'ScalingLimited'
  status: 'True' | 'False'
  reason: string
  message: string
}

export interface Decision {
  desired: number
  /** True when the target's size is to be changed to `desired`. */
  rescale: boolean
  /** The reason in upstream's words, as in the event `New size: 4; reason: ...`; empty when nothing changes. */
  rescaleReason: string
  /** The reason for people: `orders 2 -> 5: CPU at 173 %, target 60 %`. */
  reason: string
  /** The same without who and how many: `CPU at 173 %, target 60 %`. */
  why: string
  /** The conditions this decision sets; one it does not name keeps its earlier value. */
  conditions: Condition[]
  currentMetrics: MetricStatus[]
  /** Metrics that could not be used: each is a Warning event. */
  warnings: { reason: string; message: string }[]
  /** Pass it to the next decision. It takes a `rescale` as done. */
  history: History
}

/** Decides the size of one target. Never throws for what the cluster says; an unusable metric becomes a condition and a warning. */
export function decide(hpa: HpaSpec, input: Input, history: History, flags: ControllerFlags = DEFAULT_FLAGS): Decision {
  const spec = withDefaults(hpa, flags)
  const { currentReplicas: current, nowMs } = input
  const remembered = startedAt(history, current, nowMs)
  const base: Decision = {
    desired: current,
    rescale: false,
    rescaleReason: '',
    reason: '',
    why: '',
    conditions: [condition('AbleToScale', 'True', 'SucceededGetScale', "the HPA controller was able to get the target's current scale")],
    currentMetrics: [],
    warnings: [],
    history: remembered,
  }
  if (current === 0 && spec.minReplicas !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero'
    return finish(spec, input, withCondition(base, condition('ScalingActive', 'False', 'ScalingDisabled', message)), { text: message })
  }
  if (current > spec.maxReplicas) {
    const rescaleReason = 'Current number of replicas above Spec.MaxReplicas'
    return finish(spec, input, { ...base, desired: spec.maxReplicas, rescaleReason }, { text: `maxReplicas is ${spec.maxReplicas}` })
  }
  if (current < spec.minReplicas) {
    const rescaleReason = 'Current number of replicas below Spec.MinReplicas'
    return finish(spec, input, { ...base, desired: spec.minReplicas, rescaleReason }, { text: `minReplicas is ${spec.minReplicas}` })
  }
  return fromMetrics(spec, input, base, flags)
}

/** The usual case: ask every metric, take the largest answer, then stabilize and limit it. */
function fromMetrics(spec: DefaultedSpec, input: Input, base: Decision, flags: ControllerFlags): Decision {
  const { currentReplicas: current, nowMs } = input
  const situation: Situation = { nowMs, currentReplicas: current, pods: input.pods, flags, tolerances: tolerances(spec, flags) }
  const { best, errors, statuses } = ask(spec, input, situation)
  const warnings = errors.map(({ reason, message }) => ({ reason, message }))
  const invalid = `invalid metrics (${errors.length} invalid out of ${spec.metrics.length}), first error is: ${errors[0]?.message}`
  // A metric that cannot be read may be the one that needs the pods: one is enough to forbid a scale-down.
  if (best === undefined || (errors.length > 0 && best.replicas < current)) {
    const message = `the HPA was unable to compute the replica count: ${errors[0]?.message}`
    const failed = condition('ScalingActive', 'False', errors[0]?.reason ?? '', message)
    const told = {
      ...base,
      currentMetrics: statuses,
      warnings: [...warnings, { reason: 'FailedComputeMetricsReplicas', message: invalid }],
    }
    return finish(spec, input, withCondition(told, failed), { text: invalid })
  }
  const wanted = best.replicas
  const stabilized = stabilize(spec, flags, base.history, nowMs, current, wanted)
  const bounded = limit(spec, base.history, nowMs, current, stabilized)
  const conditions = [
    stabilizedCondition(spec, current, wanted, stabilized),
    condition('ScalingActive', 'True', 'ValidMetricFound', `the HPA was able to successfully calculate a replica count from ${best.name}`),
    condition('ScalingLimited', bounded.replicas === stabilized ? 'False' : 'True', bounded.reason, bounded.message),
  ]
  const decided: Decision = {
    ...base,
    desired: bounded.replicas,
    rescaleReason: wanted > current ? `${best.name} above target` : wanted < current ? 'All metrics below target' : '',
    conditions,
    currentMetrics: statuses,
    warnings,
    history: recommended(base.history, wanted, nowMs, longestWindowMs(spec, flags)),
  }
  return finish(spec, input, decided, { text: best.summary, wanted, stabilized, limitedBy: bounded.reason })
}

function ask(spec: DefaultedSpec, input: Input, situation: Situation) {
  let best: Proposal | undefined
  const errors: MetricError[] = []
  const statuses: MetricStatus[] = []
  for (const [index, metric] of spec.metrics.entries()) {
    try {
      const proposal = propose(metric, input.readings[index], situation, input.statusReplicas ?? input.currentReplicas)
      statuses.push(proposal.status)
      if (best === undefined || proposal.replicas > best.replicas) best = proposal
    } catch (error) {
      if (!(error instanceof MetricError)) throw error
      errors.push(error)
    }
  }
  return { best, errors, statuses }
}

/** Adds what every decision has in common: the event of a change, its condition and the sentence for people. */
function finish(spec: DefaultedSpec, input: Input, decision: Decision, why: Parameters<typeof explain>[3]): Decision {
  const { currentReplicas: current, nowMs } = input
  const rescale = decision.desired !== current
  const explained = explain(spec, current, decision.desired, why)
  if (!rescale) return { ...decision, ...explained, rescaleReason: '' }
  const message = `the HPA controller was able to update the target scale to ${decision.desired}`
  return {
    ...withCondition(decision, condition('AbleToScale', 'True', 'SucceededRescale', message)),
    ...explained,
    rescale,
    history: scaled(decision.history, current, decision.desired, nowMs, spec.behavior),
  }
}

function tolerances({ behavior }: DefaultedSpec, { toleranceRatio }: ControllerFlags): Tolerances {
  const ratio = (quantity: Quantity | undefined) => (quantity === undefined ? toleranceRatio : numberValue(quantity))
  return { scaleUp: ratio(behavior?.scaleUp.tolerance), scaleDown: ratio(behavior?.scaleDown.tolerance) }
}

function stabilizedCondition({ behavior }: DefaultedSpec, current: number, wanted: number, stabilized: number): Condition {
  if (stabilized === wanted) return condition('AbleToScale', 'True', 'ReadyForNewScale', 'recommended size matches current size')
  const [reason, side, extreme] =
    behavior !== undefined && wanted >= current ? ['ScaleUpStabilized', 'lower', 'lowest'] : ['ScaleDownStabilized', 'higher', 'highest']
  const message = `recent recommendations were ${side} than current one, applying the ${extreme} recent recommendation`
  return condition('AbleToScale', 'True', reason as string, message)
}

function condition(type: Condition['type'], status: Condition['status'], reason: string, message: string): Condition {
  return { type, status, reason, message }
}

function withCondition(decision: Decision, added: Condition): Decision {
  return { ...decision, conditions: [...decision.conditions.filter(({ type }) => type !== added.type), added] }
}
