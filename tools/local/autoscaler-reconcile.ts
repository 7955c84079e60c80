/** One autoscaler, one turn: read the store, decide, write the store. */
import { type Decision, decide, type Input } from '@headroom/hpa/decide'
import type { History } from '@headroom/hpa/history'
import type { Reading } from '@headroom/hpa/metrics'
import type { PodSample, PodState } from '@headroom/hpa/pods'
import { type ControllerFlags, type MetricSpec, withDefaults } from '@headroom/hpa/spec'
import { validate } from '@headroom/hpa/validate'
import type { PodUsage } from './autoscaler.ts'
import type { Recorder } from './autoscaler-events.ts'
import { labelMatcher, selectorText } from './kube/selectors.ts'
import type { Store } from './kube/store.ts'
import type { Deployment, Hpa, HpaCondition, Pod } from './kube/types.ts'

export interface Clock {
  moment: (wallMs: number) => number
  length: (wallMs: number) => number
}

/** A change of size. `name` is the scale target's, `atMs` the wall clock's. */
export interface Scaled {
  atMs: number
  name: string
  from: number
  to: number
  /** For people: `CPU at 173 %, target 60 %`. */
  reason: string
}

export interface Turn {
  store: Store
  recorder: Recorder
  usage: (podName: string) => PodUsage | undefined
  flags: ControllerFlags
  clock: Clock
  nowMs: number
}

/** Decides for one autoscaler and carries it out. Returns undefined when its spec or its target cannot be used. */
export function reconcile(turn: Turn, hpa: Hpa, history: History): { history: History; scaled?: Scaled } | undefined {
  const { store, recorder, nowMs, flags } = turn
  const { name, namespace } = hpa.metadata
  const problems = validate(hpa.spec)
  if (problems.length > 0) {
    recorder.record(hpa, 'Warning', 'InvalidSpec', problems.join('; '), nowMs)
    return undefined
  }
  const target = store.get('deployments', namespace, hpa.spec.scaleTargetRef.name)
  if (target === undefined || hpa.spec.scaleTargetRef.kind !== 'Deployment') {
    failToGetScale(turn, hpa)
    return undefined
  }
  const decision = decide(hpa.spec, inputOf(turn, hpa, target), history, flags)
  for (const { reason, message } of decision.warnings) recorder.record(hpa, 'Warning', reason, message, nowMs)
  const from = target.spec.replicas ?? 1
  if (decision.rescale) {
    store.change('deployments', namespace, target.metadata.name, ({ spec }) => {
      spec.replicas = decision.desired
    })
    recorder.record(hpa, 'Normal', 'SuccessfulRescale', `New size: ${decision.desired}; reason: ${decision.rescaleReason}`, nowMs)
  }
  store.change('horizontalpodautoscalers', namespace, name, (object) => {
    object.status = statusOf(object, decision, from, nowMs)
  })
  if (!decision.rescale) return { history: decision.history }
  const scaled = { atMs: nowMs, name: target.metadata.name, from, to: decision.desired, reason: decision.why }
  return { history: decision.history, scaled }
}

function failToGetScale({ store, recorder, nowMs }: Turn, hpa: Hpa): void {
  const { kind, name } = hpa.spec.scaleTargetRef
  const missing = `${kind === 'Deployment' ? 'deployments.apps' : kind} "${name}" not found`
  recorder.record(hpa, 'Warning', 'FailedGetScale', missing, nowMs)
  const message = `the HPA controller was unable to get the target's current scale: ${missing}`
  const condition = { type: 'AbleToScale' as const, status: 'False' as const, reason: 'FailedGetScale', message }
  store.change('horizontalpodautoscalers', hpa.metadata.namespace, hpa.metadata.name, (object) => {
    const desiredReplicas = object.status?.desiredReplicas ?? 0
    object.status = { ...object.status, desiredReplicas, conditions: merge(object.status?.conditions, [condition], nowMs) }
  })
}

function inputOf({ store, usage, clock, nowMs, flags }: Turn, hpa: Hpa, target: Deployment): Input {
  const matches = labelMatcher(selectorText(target.spec.selector.matchLabels))
  const pods = store.list('pods', { namespace: hpa.metadata.namespace, matches }).items
  const samples = new Map<string, PodSample>()
  for (const { metadata } of pods) {
    const used = usage(metadata.name)
    if (used === undefined) continue
    const { millicores, windowMs, atMs } = used
    samples.set(metadata.name, { milli: Math.round(millicores), timestampMs: clock.moment(atMs), windowMs: clock.length(windowMs) })
  }
  return {
    nowMs: clock.moment(nowMs),
    currentReplicas: target.spec.replicas ?? 1,
    statusReplicas: target.status?.replicas ?? 0,
    pods: pods.map((pod) => stateOf(pod, clock)),
    readings: withDefaults(hpa.spec, flags).metrics.map((metric) => readingOf(metric, samples)),
  }
}

function readingOf(metric: MetricSpec, samples: ReadonlyMap<string, PodSample>): Reading {
  const cpu =
    (metric.type === 'Resource' && metric.resource.name === 'cpu') ||
    (metric.type === 'ContainerResource' && metric.containerResource.name === 'cpu')
  return cpu ? { samples } : { error: 'the local engine measures the cpu of pods and nothing else' }
}

function stateOf({ metadata, spec, status }: Pod, clock: Clock): PodState {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return {
    name: metadata.name,
    phase: status?.phase ?? 'Pending',
    deleting: metadata.deletionTimestamp !== undefined,
    startedAtMs: status?.startTime === undefined ? null : clock.moment(Date.parse(status.startTime)),
    ready: ready === undefined ? null : { status: ready.status, sinceMs: clock.moment(Date.parse(ready.lastTransitionTime)) },
    containers: spec.containers.map(({ name, resources }) => ({ name, requests: resources?.requests ?? {} })),
  }
}

function statusOf({ metadata, status }: Hpa, decision: Decision, currentReplicas: number, nowMs: number): Hpa['status'] {
  const lastScaleTime = decision.rescale ? new Date(nowMs).toISOString() : status?.lastScaleTime
  return {
    observedGeneration: metadata.generation,
    ...(lastScaleTime !== undefined && { lastScaleTime }),
    currentReplicas,
    desiredReplicas: decision.desired,
    currentMetrics: decision.currentMetrics,
    conditions: merge(status?.conditions, decision.conditions, nowMs),
  }
}

/** New conditions replace those of their type; the time of a condition is that of its last change of status. */
function merge(before: readonly HpaCondition[] = [], set: Decision['conditions'], nowMs: number): HpaCondition[] {
  const merged = new Map(before.map((condition) => [condition.type, condition]))
  for (const condition of set) {
    const earlier = merged.get(condition.type)
    const lastTransitionTime = earlier?.status === condition.status ? earlier.lastTransitionTime : new Date(nowMs).toISOString()
    merged.set(condition.type, { ...condition, lastTransitionTime })
  }
  return [...merged.values()]
}
