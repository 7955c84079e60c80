/** What was seen as a recording of a run, version 1 (docs/recording.md), so that `npm run report` can tell of it. */
import type { Decision } from './decisions.ts'
import type { Autoscaler, Caches, Deployment } from './objects.ts'
import type { FleetSample, ServiceSample } from './samples.ts'
import { millicoresOf } from './usage.ts'

/** More is not read again: the end of a recording that would be longer is left out. */
const bytesMax = 64 * 1024 * 1024
const podsMax = 1000

/** What is kept of the past, oldest first. */
export interface Past {
  samples: readonly FleetSample[]
  decisions: readonly Decision[]
}

interface PodChange {
  atS: number
  service: string
  pod: string
  state: string
}

/** The lines of the recording, each made when it is asked for. Without samples there is a header and nothing else. */
export function* recordingLines({ samples, decisions }: Past, caches: Caches, bytesMost = bytesMax): Generator<string> {
  // What is sent must not change on the way, and the past does every few seconds.
  const kept = [...samples]
  const taken = [...decisions]
  const startedAt = kept[0]?.at ?? new Date().toISOString()
  const atS = (at: string) => Math.max(0, Math.round(Date.parse(at) - Date.parse(startedAt)) / 1000)
  let bytes = 0
  for (const value of valuesOf(kept, taken, startedAt, atS, caches)) {
    const line = `${JSON.stringify(value)}\n`
    bytes += Buffer.byteLength(line)
    if (bytes > bytesMost) return
    yield line
  }
}

function* valuesOf(samples: FleetSample[], decisions: Decision[], startedAt: string, atS: (at: string) => number, caches: Caches) {
  const versions = { node: process.versions.node }
  const services = headersOf(samples, caches)
  yield { type: 'header', format: 'headroom-recording', version: 1, engine: 'kubernetes', startedAt, speed: 1, versions, services }
  const known = new Map<string, Map<string, string>>()
  let lastS = 0
  let decided = decisions.findIndex(({ at }) => at >= startedAt)
  for (const { at, services } of samples) {
    // A clock that was set back would make a recording that is refused.
    lastS = Math.max(lastS, atS(at))
    for (let next = decisions[decided]; next !== undefined && next.at <= at; next = decisions[++decided]) {
      yield { type: 'decision', ...next, at: undefined, atS: atS(next.at) }
    }
    for (const [service, sample] of Object.entries(services)) {
      for (const change of changesOf(service, sample, known, lastS)) yield { type: 'pod', ...change }
    }
    yield { type: 'sample', atS: lastS, load: null, services: Object.fromEntries(Object.entries(services).map(sampleOf)) }
  }
}

/** What is not measured counts as nothing here, as in a recording of a cluster without Prometheus. */
function sampleOf([name, sample]: [string, ServiceSample]) {
  const { current, desired, ready, cpuPercent, targetPercent, requestsPerS, p99Ms, shedPerS, failedPerS } = sample
  const rates = { requestsPerS: requestsPerS ?? 0, p99Ms, shedPerS: shedPerS ?? 0, failedPerS: failedPerS ?? 0 }
  return [name, { current, desired, ready, cpuPercent, targetPercent, ...rates, pods: alive(sample) }]
}

/** A pod that failed is no replica any more. */
function alive({ pods }: ServiceSample): ServiceSample['pods'] {
  return pods.filter(({ state }) => state !== 'failed').slice(0, podsMax)
}

function changesOf(service: string, sample: ServiceSample, known: Map<string, Map<string, string>>, atS: number): PodChange[] {
  const before = known.get(service) ?? new Map<string, string>()
  const now = new Map(alive(sample).map(({ name, state }) => [name, state as string]))
  known.set(service, now)
  const change = (pod: string, state: string) => ({ atS, service, pod, state })
  return [
    ...[...now].filter(([pod, state]) => before.get(pod) !== state).map(([pod, state]) => change(pod, state)),
    ...[...before.keys()].filter((pod) => !now.has(pod)).map((pod) => change(pod, 'gone')),
  ]
}

/** The numbers of every service that was seen, as the caches have them now; of one that has gone meanwhile nothing is known. */
function headersOf(samples: FleetSample[], { deployments, autoscalers }: Caches) {
  const names = [...new Set(samples.flatMap(({ services }) => Object.keys(services)))]
  return Object.fromEntries(
    names.map((name) => {
      const deployment = deployments.find(({ metadata }) => metadata?.name === name)
      const autoscaler = autoscalers.find(({ spec }) => spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name)
      return [name, headerOf(deployment, autoscaler)]
    }),
  )
}

function headerOf(deployment: Deployment | undefined, autoscaler: Autoscaler | undefined) {
  const fixed = deployment?.spec?.replicas ?? 0
  const spec = autoscaler?.spec ?? null
  return {
    minReplicas: spec === null ? fixed : (spec.minReplicas ?? 1),
    maxReplicas: spec?.maxReplicas ?? fixed,
    cpuRequestMillicores: cpuOf(deployment, 'requests'),
    cpuLimitMillicores: cpuOf(deployment, 'limits'),
    spec,
  }
}

/** Of all containers together; 0 is none. */
function cpuOf(deployment: Deployment | undefined, kind: 'requests' | 'limits'): number {
  const containers = deployment?.spec?.template?.spec?.containers ?? []
  return containers.reduce((sum, { resources }) => sum + millicoresOf(resources?.[kind]?.cpu ?? '0'), 0)
}
