/** The lines of a recording; docs/recording.md describes them for other programs. */
import type { HpaSpec } from '@headroom/hpa/spec'
import type { Decision, PodSample, Sample } from './sample.ts'
import type { InvariantResult, LoadResult } from './summary.ts'

export const FORMAT = 'headroom-recording'
export const VERSION = 2
/** Versions that are read. The first dates seconds of load by their samples, and has no probe that was answered well. */
export const VERSIONS = [1, 2]

/** The longest line and the largest file that are read or written, in bytes: nine hours of seven services fit. */
export const LINE_BYTES_MAX = 1024 * 1024
export const FILE_BYTES_MAX = 64 * 1024 * 1024

export const podStates = ['starting', 'ready', 'draining', 'gone'] as const
export const probeKinds = ['readiness', 'liveness'] as const

/** The numbers a service was run with; `spec` is null where no autoscaler sizes it. */
export interface ServiceHeader {
  minReplicas: number
  maxReplicas: number
  cpuRequestMillicores: number
  cpuLimitMillicores: number
  /** Of its HorizontalPodAutoscaler. `scaleTargetRef` may be left out: the service's name stands in. */
  spec: RecordedSpec | null
}

export type RecordedSpec = Omit<HpaSpec, 'scaleTargetRef'> & { scaleTargetRef?: HpaSpec['scaleTargetRef'] }

/** What is known before the first sample. `speed` is how many times faster than real time the autoscaler's clock runs. */
export interface RecordingHeader {
  engine: 'local' | 'kubernetes'
  /** ISO 8601 in UTC; every `atS` counts seconds since then. */
  startedAt: string
  speed: number
  versions: Record<string, string>
  services: Record<string, ServiceHeader>
}

/** A replica that came into a state. */
export interface PodChange {
  atS: number
  service: string
  pod: string
  state: PodSample['state'] | 'gone'
}

/** What a probe of a replica was answered from then on; `ok` is false also where nothing came. */
export interface ProbeAnswer {
  atS: number
  service: string
  pod: string
  probe: (typeof probeKinds)[number]
  ok: boolean
}

/** How the run ended: the load generator's own summary and the checked invariants. */
export interface RecordingEnd {
  atS: number
  load: LoadResult
  invariants: Record<string, InvariantResult>
}

/** A line of a recording after the header. */
export type RecordingLine =
  | ({ type: 'sample' } & Sample)
  | ({ type: 'decision' } & Decision)
  | ({ type: 'pod' } & PodChange)
  | ({ type: 'probe' } & ProbeAnswer)
  | ({ type: 'end' } & RecordingEnd)

/** A recording as it is read, each list in order of time. */
export interface Recording {
  header: RecordingHeader
  samples: Sample[]
  decisions: Decision[]
  pods: PodChange[]
  probes: ProbeAnswer[]
  /** Undefined for a run that was cut off. */
  end: RecordingEnd | undefined
  /** Sentences about what was repaired or is missing. */
  warnings: string[]
}
