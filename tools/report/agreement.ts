/**
 * How well the rules of @headroom/hpa predict what the autoscaler of the recording decided: at each of its sync moments they
 * are given what was recorded, the present size included, and their answer is compared with the size wanted after it.
 */
import { decide } from '@headroom/hpa/decide'
import { EMPTY_HISTORY, type History, scaled } from '@headroom/hpa/history'
import { withDefaults } from '@headroom/hpa/spec'
import type { PodChange, Recording, ServiceHeader } from './recording-format.ts'
import { withTarget } from './recording-lines.ts'
import { decisionInput, type ReplayPod } from './replay-input.ts'
import type { Sample, ServiceSample } from './sample.ts'
import { round } from './spans.ts'
import { syncMoments } from './sync-moments.ts'

export interface Difference {
  atS: number
  current: number
  predicted: number
  recorded: number
  /** The rules' own reason. */
  why: string
}

/** Percentages are of sync periods; null of none. */
export interface Agreement {
  periods: number
  agreePercent: number | null
  /** Periods in which the prediction or the recording changed the size. */
  changes: number
  agreeChangesPercent: number | null
  differences: Difference[]
}

/** A cluster is polled every 2 s, so that what is seen of it is up to so old. */
const pollS = { local: 0, kubernetes: 2 }
const LONG_AGO_S = -1e7

/** Compares prediction and recording for one service; undefined where no autoscaler sized it. */
export function agreementOf(recording: Recording, service: string): Agreement | undefined {
  const own = recording.header.services[service]
  if (own === undefined || own.spec === null) return undefined
  const moments = syncMoments(recording, service)
  const states = podStates(recording.pods, service, recording.samples[0]?.atS ?? 0)
  const lateS = pollS[recording.header.engine]
  const looks = looksAt(recording.samples, service, moments, lateS)
  const spec = withTarget(own.spec, service)
  let history: History = EMPTY_HISTORY
  const periods: Difference[] = []
  for (const [index, atS] of moments.entries()) {
    const before = looks[index]?.services[service]
    const after = looks[index + 1]?.services[service]
    if (before === undefined || after === undefined) continue
    const pods = podsOf(before, after, looks[index] as Sample, states, own)
    const { speed } = recording.header
    const input = decisionInput({ spec, atS, speed, currentReplicas: before.desired, pods, requestMillicores: own.cpuRequestMillicores })
    const decision = decide(spec, input, history)
    // What was done is what the recording says, right or wrong; the recommendation is the rules' own.
    const done = scaled(history, before.desired, after.desired, input.nowMs, withDefaults(spec).behavior)
    history = { ...done, recommendations: decision.history.recommendations }
    periods.push({ atS: round(atS), current: before.desired, predicted: decision.desired, recorded: after.desired, why: decision.why })
  }
  return summary(periods)
}

function summary(periods: Difference[]): Agreement {
  const agree = (list: Difference[]) =>
    list.length === 0 ? null : round((list.filter(({ predicted, recorded }) => predicted === recorded).length / list.length) * 100)
  const changes = periods.filter(({ current, predicted, recorded }) => predicted !== current || recorded !== current)
  const differences = periods.filter(({ predicted, recorded }) => predicted !== recorded)
  return {
    periods: periods.length,
    agreePercent: agree(periods),
    changes: changes.length,
    agreeChangesPercent: agree(changes),
    differences,
  }
}

/** The last sample of the service before each moment, as far as it was seen by then. */
function looksAt(samples: Sample[], service: string, moments: number[], lateS: number): (Sample | undefined)[] {
  const own = samples.filter(({ services }) => services[service] !== undefined)
  let next = 0
  return moments.map((atS) => {
    while ((own[next]?.atS ?? Number.POSITIVE_INFINITY) < atS - lateS) next++
    return own[next - 1]
  })
}

type PodTimes = Map<string, { startedAtS: number; readyAtS: number }>

/** When each pod started and became ready. Those of the first sample were there before, nobody knows since when. */
function podStates(changes: PodChange[], service: string, firstAtS: number): PodTimes {
  const times: PodTimes = new Map()
  for (const { atS, pod, state, ...change } of changes) {
    if (change.service !== service) continue
    const since = atS <= firstAtS && state !== 'starting' ? LONG_AGO_S : atS
    const known = times.get(pod)
    if (known === undefined) times.set(pod, { startedAtS: since, readyAtS: since })
    else if (state === 'ready') known.readyAtS = atS
  }
  return times
}

/**
 * The pods as they were looked at. Without the CPU of each, all have the mean: on Kubernetes the one in the autoscaler's
 * status after its decision, which is what it decided by.
 */
function podsOf(before: ServiceSample, after: ServiceSample, { atS }: Sample, times: PodTimes, own: ServiceHeader): ReplayPod[] {
  const { pods } = before
  const percent = pods === undefined || pods.every(({ cpuMillicores }) => cpuMillicores === null) ? after.cpuPercent : null
  const mean = percent === null ? null : (percent / 100) * own.cpuRequestMillicores
  if (pods === undefined) {
    return Array.from({ length: before.current }, (_, index) => {
      const ready = index < before.ready
      return {
        name: `pod-${index}`,
        startedAtS: ready ? LONG_AGO_S : atS,
        readyAtS: ready ? LONG_AGO_S : null,
        deleting: false,
        millicores: ready ? mean : null,
      }
    })
  }
  return pods.map(({ name, state, cpuMillicores }) => {
    const { startedAtS, readyAtS } = times.get(name) ?? { startedAtS: atS, readyAtS: atS }
    const ready = state === 'starting' ? null : readyAtS
    return {
      name,
      startedAtS,
      readyAtS: ready,
      deleting: state === 'draining',
      millicores: cpuMillicores ?? (ready === null ? null : mean),
    }
  })
}
