import { readFileSync } from 'node:fs'
import { milliValue } from '@headroom/hpa/quantity'
import type { RecordingHeader, ServiceHeader } from '@headroom/report/recording'
import { toHpaSpec } from './objects.ts'
import type { ServiceRuntime } from './service-runtime.ts'

export interface Recorded {
  /** The wall clock at the recording's beginning, in milliseconds. */
  startedAtMs: number
  /** How many times faster than real time the autoscaler's clock runs. */
  speed: number
  /** Whether the charts' CPU limits are emulated. */
  cpuLimit: boolean
  /** Undefined where no service has a database. */
  postgresVersion: string | undefined
}

/** The header of a recording of this engine: the numbers of the charts that it applies, each autoscaler's spec, and what runs. */
export function recordingHeader(services: Pick<ServiceRuntime, 'service' | 'values'>[], options: Recorded): RecordingHeader {
  const { startedAtMs, speed, cpuLimit, postgresVersion } = options
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'))
  return {
    engine: 'local',
    startedAt: new Date(startedAtMs).toISOString(),
    speed,
    versions: { headroom: manifest.version, node: process.versions.node, ...(postgresVersion && { postgres: postgresVersion }) },
    services: Object.fromEntries(services.map(({ service, values }) => [service, numbersOf(values, cpuLimit)])),
  }
}

/** A limit of 0 is none. */
function numbersOf(values: ServiceRuntime['values'], cpuLimit: boolean): ServiceHeader {
  const { autoscaling, replicas, resources } = values
  const { enabled, minReplicas, maxReplicas } = autoscaling
  return {
    minReplicas: enabled ? minReplicas : replicas,
    maxReplicas: enabled ? maxReplicas : replicas,
    cpuRequestMillicores: milliValue(resources.requests.cpu),
    cpuLimitMillicores: cpuLimit ? milliValue(resources.limits.cpu) : 0,
    spec: enabled ? toHpaSpec(values) : null,
  }
}
