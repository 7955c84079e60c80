/**
 * From measurements to a replica count, one metric at a time. No clamp, no history: see decide.ts.
 * https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/controller/podautoscaler/replica_calculator.go
 */
import { countReady, groupPods, type PodSample, type PodState, requestsByPod } from './pods.ts'
import type { ControllerFlags } from './spec.ts'

const INT32_MAX = 2 ** 31 - 1

export interface Tolerances {
  scaleUp: number
  scaleDown: number
}

/** What every calculation sees. */
export interface Situation {
  nowMs: number
  currentReplicas: number
  pods: PodState[]
  flags: ControllerFlags
  tolerances: Tolerances
}

export interface Measured {
  replicas: number
  /** Mean per counted pod, or the total for a value target, in thousandths. */
  valueMilli: number
  utilizationPercent?: number
}

type Ratio = { ratio: number; valueMilli: number; utilizationPercent?: number }

/** Replicas for a target in percent of the pods' requests. Throws an Error with the upstream's message when it cannot be told. */
export function replicasByUtilization(
  situation: Situation,
  samples: ReadonlyMap<string, PodSample>,
  target: { resource: string; container?: string; percent: number },
): Measured {
  const requests = () => requestsByPod(situation.pods, target.resource, target.container)
  return replicasPerPod(situation, samples, target.resource, {
    prepare: requests,
    // A target above 100 % would make "100 %" a low guess, so the larger of the two stands in for a missing pod.
    missingMilli: (pod, requested) => Math.floor(((requested.get(pod) ?? 0) * Math.max(100, target.percent)) / 100),
    ratio: (usage, requested) => utilizationRatio(usage, requested, target.percent),
  })
}

/** Replicas for a target that is a mean per pod, in thousandths; `resource` is empty for a Pods metric. */
export function replicasByAverage(
  situation: Situation,
  samples: ReadonlyMap<string, PodSample>,
  target: { resource: string; averageMilli: number },
): Measured {
  return replicasPerPod(situation, samples, target.resource, {
    prepare: () => new Map(),
    missingMilli: () => target.averageMilli,
    ratio: (usage) => {
      const valueMilli = Math.trunc(sum(usage.values()) / usage.size)
      return { ratio: valueMilli / target.averageMilli, valueMilli }
    },
  })
}

interface PerPodRules {
  prepare: () => Map<string, number>
  missingMilli: (pod: string, requests: Map<string, number>) => number
  ratio: (usage: Map<string, number>, requests: Map<string, number>) => Ratio
}

function replicasPerPod(situation: Situation, samples: ReadonlyMap<string, PodSample>, resource: string, rules: PerPodRules): Measured {
  const { pods, flags, nowMs, tolerances, currentReplicas } = situation
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups = groupPods(pods, samples, resource, flags, nowMs)
  const setAside = new Set([...groups.ignored, ...groups.unready])
  const usage = new Map<string, number>()
  for (const [pod, { milli }] of samples) if (!setAside.has(pod)) usage.set(pod, milli)
  if (usage.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  const requests = rules.prepare()

  const { ratio, ...reported } = rules.ratio(usage, requests)
  const scaleUpWithUnready = groups.unready.length > 0 && ratio > 1
  if (!scaleUpWithUnready && groups.missing.length === 0) {
    return { ...reported, replicas: isWithin(ratio, tolerances) ? currentReplicas : ceilInt32(ratio * groups.readyCount) }
  }

  // Fill the gaps with the guess that moves the least, then ask again. The status keeps the ratio before the guess.
  if (ratio < 1) for (const pod of groups.missing) usage.set(pod, rules.missingMilli(pod, requests))
  if (ratio > 1) for (const pod of groups.missing) usage.set(pod, 0)
  if (scaleUpWithUnready) for (const pod of groups.unready) usage.set(pod, 0)
  const { ratio: dampened } = rules.ratio(usage, requests)
  const replicas = ceilInt32(dampened * usage.size)
  const turned = (ratio < 1 && dampened > 1) || (ratio > 1 && dampened < 1)
  const turnedBySize = (dampened < 1 && replicas > currentReplicas) || (dampened > 1 && replicas < currentReplicas)
  const stays = isWithin(dampened, tolerances) || turned || turnedBySize
  return { ...reported, replicas: stays ? currentReplicas : replicas }
}

/** Percentages are cut to whole numbers before the ratio is taken, as upstream does; it shows in the decisions. */
function utilizationRatio(usage: Map<string, number>, requests: Map<string, number>, targetPercent: number): Ratio {
  let usageMilli = 0
  let requestMilli = 0
  let counted = 0
  for (const [pod, milli] of usage) {
    const request = requests.get(pod)
    if (request === undefined) continue // a measurement of a pod that is no longer listed
    usageMilli += milli
    requestMilli += request
    counted++
  }
  if (requestMilli === 0) throw new Error('no metrics returned matched known pods')
  const utilizationPercent = Math.trunc((usageMilli * 100) / requestMilli)
  return { ratio: utilizationPercent / targetPercent, valueMilli: Math.trunc(usageMilli / counted), utilizationPercent }
}

/** Replicas for one total compared with a value (Object and External metrics of type Value). From zero replicas no tolerance applies. */
export function replicasByValue(situation: Situation, totalMilli: number, targetMilli: number): Measured {
  const { currentReplicas, pods, tolerances } = situation
  const ratio = totalMilli / targetMilli
  if (currentReplicas === 0) return { replicas: ceilInt32(ratio), valueMilli: totalMilli }
  if (isWithin(ratio, tolerances)) return { replicas: currentReplicas, valueMilli: totalMilli }
  if (pods.length === 0) throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  return { replicas: ceilInt32(ratio * countReady(pods)), valueMilli: totalMilli }
}

/** Replicas for one total shared by all pods (Object and External metrics of type AverageValue). */
export function replicasByShare(situation: Situation, totalMilli: number, perPodMilli: number, statusReplicas: number): Measured {
  const ratio = totalMilli / (perPodMilli * statusReplicas)
  const replicas = isWithin(ratio, situation.tolerances) ? statusReplicas : ceilInt32(totalMilli / perPodMilli)
  // Without pods there is no mean; the total is the honest figure to show.
  return { replicas, valueMilli: statusReplicas === 0 ? totalMilli : Math.ceil(totalMilli / statusReplicas) }
}

/** True when the ratio of usage to target is too close to 1 to act on. */
export function isWithin(ratio: number, { scaleUp, scaleDown }: Tolerances): boolean {
  return 1 - scaleDown <= ratio && ratio <= 1 + scaleUp
}

function ceilInt32(value: number): number {
  return Math.min(INT32_MAX, Math.ceil(value))
}

function sum(values: Iterable<number>): number {
  let total = 0
  for (const value of values) total += value
  return total
}
