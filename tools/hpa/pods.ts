/** Which pods count, which are set aside: "Algorithm details" of the HorizontalPodAutoscaler page. */
import { milliValue, type Quantity } from './quantity.ts'
import type { ControllerFlags } from './spec.ts'

export interface ContainerState {
  name: string
  requests: Record<string, Quantity>
}

/** What the rules need of a pod. All times are milliseconds on the caller's clock. */
export interface PodState {
  name: string
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
  deleting: boolean
  startedAtMs: number | null
  /** The pod's Ready condition; null when it has none yet. */
  ready: { status: 'True' | 'False' | 'Unknown'; sinceMs: number } | null
  containers: ContainerState[]
}

/** One pod's measurement: `milli` thousandths of the metric's unit, averaged over `windowMs` and ending at `timestampMs`. */
export interface PodSample {
  milli: number
  timestampMs: number
  windowMs: number
}

export interface PodGroups {
  readyCount: number
  unready: string[]
  missing: string[]
  ignored: string[]
}

/**
 * Sorts pods into counted, unready (0 % on the way up), missing a measurement and ignored (deleting or failed).
 * Only CPU looks at readiness, because a starting process burns CPU that says nothing about load.
 */
export function groupPods(
  pods: PodState[],
  samples: ReadonlyMap<string, PodSample>,
  metricName: string,
  flags: ControllerFlags,
  nowMs: number,
): PodGroups {
  const groups: PodGroups = { readyCount: 0, unready: [], missing: [], ignored: [] }
  for (const pod of pods) {
    const sample = samples.get(pod.name)
    if (pod.deleting || pod.phase === 'Failed') groups.ignored.push(pod.name)
    else if (pod.phase === 'Pending') groups.unready.push(pod.name)
    else if (sample === undefined) groups.missing.push(pod.name)
    else if (metricName === 'cpu' && isUnready(pod, sample, flags, nowMs)) groups.unready.push(pod.name)
    else groups.readyCount++
  }
  return groups
}

function isUnready(pod: PodState, sample: PodSample, flags: ControllerFlags, nowMs: number): boolean {
  const { ready, startedAtMs } = pod
  if (ready === null || startedAtMs === null) return true
  if (startedAtMs + flags.cpuInitializationPeriodMs > nowMs) {
    // Young: unready, or the measurement still holds CPU from before the pod became ready.
    return ready.status === 'False' || sample.timestampMs < ready.sinceMs + sample.windowMs
  }
  // Old: unready only if it never left the unreadiness it started with.
  return ready.status === 'False' && startedAtMs + flags.initialReadinessDelayMs > ready.sinceMs
}

/** Pods that run and are Ready: what Object and External value targets multiply. */
export function countReady(pods: PodState[]): number {
  return pods.filter(({ phase, ready }) => phase === 'Running' && ready?.status === 'True').length
}

/**
 * The requests for a resource of each pod, in thousandths, summed over its containers or of one container.
 * Throws an Error when a container has no request: such a pod has no utilization, and the metric is invalid.
 */
export function requestsByPod(pods: PodState[], resource: string, container: string | undefined): Map<string, number> {
  const requests = new Map<string, number>()
  for (const pod of pods) {
    const counted = container === undefined ? pod.containers : pod.containers.filter(({ name }) => name === container)
    if (counted.length === 0 && container !== undefined) throw new Error(`container ${container} not found in Pod ${pod.name}`)
    let sum = 0
    for (const { name, requests: ofContainer } of counted) {
      const request = ofContainer[resource]
      if (request === undefined) throw new Error(`missing request for ${resource} in container ${name} of Pod ${pod.name}`)
      sum += milliValue(request)
    }
    requests.set(pod.name, sum)
  }
  return requests
}
