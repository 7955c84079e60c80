/** A recorded or imagined moment as the input of @headroom/hpa. */
import type { Input } from '@headroom/hpa/decide'
import type { Reading } from '@headroom/hpa/metrics'
import type { PodSample, PodState } from '@headroom/hpa/pods'
import { type HpaSpec, type MetricSpec, withDefaults } from '@headroom/hpa/spec'
import type { ServiceSample } from './sample.ts'

/** The window that metrics-server averages CPU over, on the autoscaler's clock. */
const WINDOW_MS = 15_000

/** A replica on the recording's clock, in seconds. `readyAtS` is null until it is ready; `millicores` is null when not measured. */
export interface ReplayPod {
  name: string
  startedAtS: number
  readyAtS: number | null
  deleting: boolean
  millicores: number | null
  /** When the measurement ended, and over how many seconds it was averaged; one metrics-server window that ends now where left out. */
  measuredAtS?: number
  windowS?: number | undefined
}

export interface Moment {
  spec: HpaSpec
  atS: number
  /** Turns the recording's clock into the autoscaler's. */
  speed: number
  currentReplicas: number
  pods: ReplayPod[]
  requestMillicores: number
}

/** What the autoscaler would be shown at this moment. */
export function decisionInput({ spec, atS, speed, currentReplicas, pods, requestMillicores }: Moment): Input {
  const toMs = (seconds: number) => Math.round(seconds * speed * 1000)
  const nowMs = toMs(atS)
  const metrics = withDefaults(spec).metrics
  const container = metrics
    .map((metric) => (metric.type === 'ContainerResource' ? metric.containerResource.container : undefined))
    .find(Boolean)
  const samples = new Map<string, PodSample>()
  for (const { name, millicores, measuredAtS, windowS } of pods) {
    const timestampMs = measuredAtS === undefined ? nowMs : toMs(measuredAtS)
    const windowMs = windowS === undefined ? WINDOW_MS : toMs(windowS)
    if (millicores !== null) samples.set(name, { milli: millicores, timestampMs, windowMs })
  }
  return {
    nowMs,
    currentReplicas,
    pods: pods.map(({ name, startedAtS, readyAtS, deleting }): PodState => {
      const ready = { status: readyAtS === null ? ('False' as const) : ('True' as const), sinceMs: toMs(readyAtS ?? startedAtS) }
      const containers = [{ name: container ?? 'service', requests: { cpu: `${requestMillicores}m` } }]
      return { name, phase: 'Running', deleting, startedAtMs: toMs(startedAtS), ready, containers }
    }),
    readings: metrics.map((metric) => readingOf(metric, samples)),
  }
}

function readingOf(metric: MetricSpec, samples: ReadonlyMap<string, PodSample>): Reading {
  const cpu =
    (metric.type === 'Resource' && metric.resource.name === 'cpu') ||
    (metric.type === 'ContainerResource' && metric.containerResource.name === 'cpu')
  return cpu ? { samples } : { error: 'a recording holds the cpu of pods and nothing else' }
}

/**
 * CPU of all ready replicas together, in millicores; null when it was not measured. That of each is newer than the percentage,
 * which on Kubernetes is the one in the autoscaler's status.
 */
export function totalMillicores({ cpuPercent, ready, pods = [] }: ServiceSample, requestMillicores: number): number | null {
  const known = pods.flatMap(({ state, cpuMillicores }) => (state === 'ready' && cpuMillicores !== null ? [cpuMillicores] : []))
  if (cpuPercent !== null && known.length < ready) return ready === 0 ? null : (cpuPercent / 100) * requestMillicores * ready
  return known.length === 0 ? null : known.reduce((sum, millicores) => sum + millicores, 0)
}
