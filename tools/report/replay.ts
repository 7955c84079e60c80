/**
 * What a policy would have done: the rules of @headroom/hpa over the CPU that a recording shows.
 *
 * The loop is open: the CPU of all ready replicas together is taken as the demand of that second, whatever the number of
 * replicas, so utilization = recorded total CPU / (replicas x request), each replica at most at its CPU limit. Where replicas
 * were at their limit, or requests were shed, the demand was larger than its CPU, and a policy with more replicas would have
 * been needed sooner than shown here. New replicas are ready after the service's median start-up time.
 */
import { decide } from '@headroom/hpa/decide'
import { EMPTY_HISTORY, type History } from '@headroom/hpa/history'
import type { HpaSpec } from '@headroom/hpa/spec'
import type { Oracle } from './capacity.ts'
import { type Policy, withPolicy } from './policy.ts'
import type { Recording } from './recording-format.ts'
import { decisionInput, type ReplayPod, totalMillicores } from './replay-input.ts'
import { spansOf } from './spans.ts'
import { syncMoments } from './sync-moments.ts'

/** One service under one policy, over the whole recording. */
export interface Outcome {
  policy: string
  replicaSeconds: number
  maxReplicas: number
  /** Changes of size. */
  changes: number
  /** Seconds with fewer ready replicas than the oracle needs; null where capacity is not known. */
  shortageS: number | null
  /** Every size and since when, in seconds of the recording. */
  sizes: { atS: number; replicas: number }[]
}

/** Pods that were there before the recording are as old as any rule asks. */
const LONG_AGO_S = -1e7

/** Replays one policy over a service's recorded CPU. Undefined where no autoscaler sized the service. */
export function replay(
  recording: Recording,
  service: string,
  policy: Policy,
  startUpS: number,
  oracle: Oracle | undefined,
): Outcome | undefined {
  const { samples, header } = recording
  const own = header.services[service]
  const first = samples.find(({ services }) => services[service] !== undefined)
  if (own === undefined || own.spec === null || first === undefined) return undefined
  const fleet = new Fleet(withPolicy(own.spec, policy, service), first.services[service]?.current ?? 0, startUpS)
  const outcome: Outcome = { policy: policy.name, replicaSeconds: 0, maxReplicas: 0, changes: 0, shortageS: oracle ? 0 : null, sizes: [] }
  const moments = syncMoments(recording, service)
  let before = first
  let next = 0
  for (const [index, { sample, seconds }] of spansOf(samples).entries()) {
    // As in the run, a decision sees the second before it and shows in the one after it. Moments that nobody saw make one decision.
    let due: number | undefined
    while ((moments[next] ?? Number.POSITIVE_INFINITY) <= sample.atS) due = moments[next++]
    if (due !== undefined && due > first.atS) {
      const measured = before.services[service]
      const total = measured === undefined ? null : totalMillicores(measured, own.cpuRequestMillicores)
      outcome.changes += fleet.sync(due, header.speed, total, own) ? 1 : 0
    }
    before = sample
    const { size } = fleet
    if (outcome.sizes.at(-1)?.replicas !== size) outcome.sizes.push({ atS: sample.atS, replicas: size })
    outcome.replicaSeconds += size * seconds
    outcome.maxReplicas = Math.max(outcome.maxReplicas, size)
    if (outcome.shortageS !== null && fleet.readyAt(sample.atS) < (oracle?.needed[index] ?? 0)) outcome.shortageS += seconds
  }
  return outcome
}

/** The replicas of a service that does not exist, sized by the rules. */
class Fleet {
  readonly #spec: HpaSpec
  readonly #startUpS: number
  #pods: ReplayPod[]
  #history: History = EMPTY_HISTORY
  #named = 0

  constructor(spec: HpaSpec, size: number, startUpS: number) {
    this.#spec = spec
    this.#startUpS = startUpS
    this.#pods = Array.from({ length: size }, () => this.#pod(LONG_AGO_S, LONG_AGO_S))
  }

  get size(): number {
    return this.#pods.length
  }

  readyAt(atS: number): number {
    return this.#pods.filter(({ readyAtS }) => readyAtS !== null && readyAtS <= atS).length
  }

  /** One turn of the autoscaler; true when it changed the size. A total that is not known makes it do nothing, as in a cluster. */
  sync(
    atS: number,
    speed: number,
    total: number | null,
    { cpuRequestMillicores, cpuLimitMillicores }: { cpuRequestMillicores: number; cpuLimitMillicores: number },
  ): boolean {
    const ready = this.readyAt(atS)
    const most = cpuLimitMillicores > 0 ? cpuLimitMillicores : Number.POSITIVE_INFINITY
    const each = total === null || ready === 0 ? null : Math.round(Math.min(most, total / ready))
    const pods = this.#pods.map((pod) => {
      const isReady = pod.readyAtS !== null && pod.readyAtS <= atS
      return { ...pod, readyAtS: isReady ? pod.readyAtS : null, millicores: isReady ? each : 0 }
    })
    const input = decisionInput({ spec: this.#spec, atS, speed, currentReplicas: this.size, pods, requestMillicores: cpuRequestMillicores })
    const { desired, rescale, history } = decide(this.#spec, input, this.#history)
    this.#history = history
    // Those that came last go first, as a ReplicaSet prefers to end what is not ready, then what is young.
    this.#pods = this.#pods.slice(0, desired)
    while (this.#pods.length < desired) this.#pods.push(this.#pod(atS, atS + this.#startUpS))
    return rescale
  }

  #pod(startedAtS: number, readyAtS: number): ReplayPod {
    return { name: `pod-${++this.#named}`, startedAtS, readyAtS, deleting: false, millicores: null }
  }
}
