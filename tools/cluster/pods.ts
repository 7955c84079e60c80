/** The pods of a service as a recording has them. */
import type { TimedPod } from '@headroom/report/pod-times'
import type { Readiness } from '@headroom/report/readiness'
import type { PodSample } from '@headroom/report/sample'
import type { Pod, Workload } from './kube-types.ts'
import type { PodUsage } from './usage.ts'

/** What is known of pods by name, beside what the API says of them. */
export interface PodFigures {
  requestsPerS: ReadonlyMap<string, number>
  usage: ReadonlyMap<string, PodUsage>
  /** The recording's beginning, in milliseconds of the wall clock. */
  startedAtMs: number
}

/** The pods that a Deployment selects and that have not ended, by name. */
export function podsOf({ spec }: Workload, pods: Pod[]): Pod[] {
  const wanted = Object.entries(spec.selector.matchLabels ?? {})
  return pods
    .filter(({ metadata }) => wanted.length > 0 && wanted.every(([key, value]) => metadata.labels?.[key] === value))
    .filter(({ status }) => status.phase !== 'Failed' && status.phase !== 'Succeeded')
    .sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** A pod that is asked to go drains, whatever else it is; one that is not ready starts. */
export function stateOf(pod: Pod): PodSample['state'] {
  if (pod.metadata.deletionTimestamp !== undefined) return 'draining'
  return readyOf(pod)?.status === 'True' ? 'ready' : 'starting'
}

/** A pod in one second. CPU is the metrics API's latest, with the window it was measured in. */
export function podSample(pod: Pod, { requestsPerS, usage, startedAtMs }: PodFigures): PodSample {
  const { name } = pod.metadata
  const used = usage.get(name)
  return {
    name,
    state: stateOf(pod),
    requestsPerS: requestsPerS.get(name) ?? null,
    cpuMillicores: used?.millicores ?? null,
    ...(used && Number.isFinite(used.atMs + used.windowMs) && measured(used, startedAtMs)),
  }
}

function measured({ atMs, windowMs }: PodUsage, startedAtMs: number): Pick<PodSample, 'cpuAtS' | 'cpuWindowS'> {
  return { cpuAtS: Math.max(0, thousandths((atMs - startedAtMs) / 1000)), cpuWindowS: thousandths(windowMs / 1000) }
}

/** When a pod started and became ready, by the cluster's clock; undefined for one that drains or has not started. */
export function timesOf(pod: Pod): TimedPod | undefined {
  const { status, metadata } = pod
  const startedAtMs = Date.parse(status.startTime ?? '')
  const state = stateOf(pod)
  if (state === 'draining' || Number.isNaN(startedAtMs)) return undefined
  const readyAtMs = Date.parse(readyOf(pod)?.lastTransitionTime ?? '')
  return { name: metadata.name, startedAtMs, readyAtMs: state === 'ready' && !Number.isNaN(readyAtMs) ? readyAtMs : null }
}

/** What the kubelet makes of the readiness probe, by the cluster's clock; undefined for a pod that drains or whose condition has no time. */
export function readinessOf(pod: Pod): Readiness | undefined {
  const ready = readyOf(pod)
  const sinceMs = Date.parse(ready?.lastTransitionTime ?? '')
  if (stateOf(pod) === 'draining' || Number.isNaN(sinceMs)) return undefined
  return { name: pod.metadata.name, ok: ready?.status === 'True', sinceMs }
}

function readyOf({ status }: Pod) {
  return status.conditions?.find(({ type }) => type === 'Ready')
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}
