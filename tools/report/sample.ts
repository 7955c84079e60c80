/** One replica in one second; null means not known. */
export interface PodSample {
  name: string
  state: 'starting' | 'ready' | 'draining'
  requestsPerS: number | null
  cpuMillicores: number | null
  /** When the CPU's measurement ended, in seconds of the recording, and over how many it was averaged. Left out where it is now. */
  cpuAtS?: number
  cpuWindowS?: number
}

/** What one service looked like in one second. Rates are per second; null means not known. */
export interface ServiceSample {
  current: number
  desired: number
  ready: number
  /** CPU of the ready replicas as percent of their request, and the percentage the autoscaler aims at. */
  cpuPercent: number | null
  targetPercent: number | null
  /** CPU in the autoscaler's status: what it decided by last. Left out where cpuPercent is that. */
  averageUtilization?: number | null
  requestsPerS: number
  p99Ms: number | null
  shedPerS: number
  failedPerS: number
  /** Left out where replicas cannot be told apart. */
  pods?: PodSample[]
}

/** What the load generator saw in one second. */
export interface LoadSample {
  /** When that second began, in seconds of the recording by the load generator's clock, which may be behind. Left out where it is the sample's. */
  atS?: number
  offered: number
  ok: number
  refused: number
  limited: number
  shed: number
  failed: number
  p50Ms: number
  p99Ms: number
  stage: string
}

/** One second of a run. */
export interface Sample {
  /** Seconds since the start of the run. */
  atS: number
  /** The last second that had been told by then. */
  load: LoadSample | null
  services: Record<string, ServiceSample>
}

/** One change of a service's size by its autoscaler. */
export interface Decision {
  atS: number
  service: string
  from: number
  to: number
  reason: string
}

/** "orders 2 -> 5: CPU 173 % of target 60 %" */
export function decisionLine({ service, from, to, reason }: Decision): string {
  return reason.startsWith(`${service} `) ? reason : `${service} ${from} -> ${to}: ${reason}`
}
