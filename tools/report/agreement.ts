/**
 * How well the rules of @headroom/hpa predict what the autoscaler of the recording decided: at each of its sync moments they
 * are given what was recorded, the present size included, and their answer is compared with the size wanted after it.
 */
import { decide } from '@headroom/hpa/decide'
import { EMPTY_HISTORY, type History, scaled } from '@headroom/hpa/history'
import { withDefaults } from '@headroom/hpa/spec'
import type { PodChange, Recording } from './recording-format.ts'
import { withTarget } from './recording-lines.ts'
import { decisionInput, type ReplayPod } from './replay-input.ts'
import type { PodSample, Sample, ServiceSample } from './sample.ts'
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

const LONG_AGO_S = -1e7

/** Compares prediction and recording for one service; undefined where no autoscaler sized it. */
export function agreementOf(recording: Recording, service: string): Agreement | undefined {
  const own = recording.header.services[service]
  if (own === undefined || own.spec === null) return undefined
  const moments = syncMoments(recording, service)
  const states = podStates(recording.pods, service, recording.samples[0]?.atS ?? 0)
  const looks = looksAt(recording.samples, service, moments)
  const spec = withTarget(own.spec, service)
  let history: History = EMPTY_HISTORY
  const periods: Difference[] = []
  for (const [index, atS] of moments.entries()) {
    const before = looks[index]?.services[service]
    const after = looks[index + 1]?.services[service]
    if (before === undefined || after === undefined) continue
    const { speed, engine } = recording.header
    // On Kubernetes the CPU of a service is the one in its autoscaler's status.
    const decidedBy = engine === 'kubernetes' ? after.cpuPercent : after.averageUtilization
    const pods = podsOf({ before, after, atS, decidedBy, times: states, requestMillicores: own.cpuRequestMillicores })
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

/** The last sample of the service before each moment. */
function looksAt(samples: Sample[], service: string, moments: number[]): (Sample | undefined)[] {
  const own = samples.filter(({ services }) => services[service] !== undefined)
  let next = 0
  return moments.map((atS) => {
    while ((own[next]?.atS ?? Number.POSITIVE_INFINITY) < atS) next++
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

interface Look {
  before: ServiceSample
  after: ServiceSample
  atS: number
  /** Percent in the autoscaler's status after its decision, which is what it decided by; null: it had none, undefined: not recorded. */
  decidedBy: number | null | undefined
  times: PodTimes
  requestMillicores: number
}

/**
 * The pods as they were looked at. Where the status is known, each that was measured has the mean it shows, since what
 * single pods used by the measurement that was decided by may not have been seen.
 */
function podsOf({ before, after, atS, decidedBy, times, requestMillicores }: Look): ReplayPod[] {
  // The status cuts percentages to whole numbers, so the truth is half a percent above it, more or less.
  const mean = decidedBy == null ? null : ((decidedBy + 0.5) / 100) * requestMillicores
  const { pods } = before
  if (pods === undefined) {
    return Array.from({ length: before.current }, (_, index) => {
      const ready = index < before.ready
      const [startedAtS, readyAtS] = ready ? [LONG_AGO_S, LONG_AGO_S] : [atS, null]
      return { name: `pod-${index}`, startedAtS, readyAtS, deleting: false, millicores: ready ? mean : null }
    })
  }
  const nobody = pods.every(({ cpuMillicores }) => cpuMillicores === null)
  const later = new Map(after.pods?.map((pod) => [pod.name, pod]))
  return pods.map((pod) => {
    const { startedAtS, readyAtS } = times.get(pod.name) ?? { startedAtS: atS, readyAtS: atS }
    const ready = pod.state === 'starting' ? null : readyAtS
    const own = pod.cpuMillicores === null ? null : Math.round(pod.cpuMillicores)
    const measured = nobody ? ready !== null : own !== null
    return {
      name: pod.name,
      startedAtS,
      readyAtS: ready,
      deleting: pod.state === 'draining',
      millicores: !measured || decidedBy === null ? null : (mean ?? own),
      ...windowAt(atS, later.get(pod.name), pod),
    }
  })
}

/** The window of the newest measurement that had ended by then. @param seen the newest first */
function windowAt(atS: number, ...seen: (PodSample | undefined)[]): Pick<ReplayPod, 'measuredAtS' | 'windowS'> {
  const ended = seen.find((pod) => pod?.cpuAtS !== undefined && pod.cpuAtS <= atS)
  return ended?.cpuAtS === undefined ? {} : { measuredAtS: ended.cpuAtS, windowS: ended.cpuWindowS }
}
