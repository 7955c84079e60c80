/** A recording made of arithmetic: a fleet sized by the real rules under a calm, a step and a calm. Always the same. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decide } from '@headroom/hpa/decide'
import { EMPTY_HISTORY, type History } from '@headroom/hpa/history'
import { cpuUtilization } from '@headroom/hpa/metrics'
import type { Test } from 'tap'
import { type ProbeAnswer, type RecordingHeader, RecordingWriter, type ServiceHeader } from '../recording.ts'
import { decisionInput } from '../replay-input.ts'
import type { Decision, LoadSample, PodSample, Sample, ServiceSample } from '../sample.ts'
import type { LoadResult } from '../summary.ts'

export interface Shape {
  seconds: number
  engine: RecordingHeader['engine']
  speed: number
  /** Requests per second while calm and in the step, which is the middle third. */
  calmPerS: number
  surgePerS: number
}

/** CPU milliseconds per request, and requests per one at the edge. */
const services: Record<string, { costMs: number; perOffered: number; header: ServiceHeader }> = {
  gateway: service(0.8, 1, 50, 4),
  catalog: service(0.8, 0.7, 35, 4),
  inventory: service(1.2, 0.2, 40, 2),
  orders: service(3, 0.2, 40, 4),
  payments: { ...service(1, 0.1, 40, 1), header: { ...service(1, 0.1, 40, 1).header, spec: null } },
  hello: { ...service(1, 0, 20, 1), header: { ...service(1, 0, 20, 1).header, spec: null } },
  observer: { ...service(1, 0, 20, 1), header: { ...service(1, 0, 20, 1).header, spec: null } },
}

function service(costMs: number, perOffered: number, cpuRequestMillicores: number, maxReplicas: number) {
  const spec: ServiceHeader['spec'] = {
    minReplicas: 1,
    maxReplicas,
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
    behavior: { scaleDown: { stabilizationWindowSeconds: 60 } },
  }
  return {
    costMs,
    perOffered,
    header: { minReplicas: 1, maxReplicas, cpuRequestMillicores, cpuLimitMillicores: cpuRequestMillicores * 2, spec },
  }
}

const defaults: Shape = { seconds: 90, engine: 'local', speed: 8, calmPerS: 20, surgePerS: 100 }
const startUpS = 2

interface Pod {
  name: string
  fromS: number
  readyS: number
}

/** Header, samples, decisions and end of one run. */
export function synthesize(given: Partial<Shape> = {}) {
  const shape = { ...defaults, ...given }
  const fleets = new Map(Object.keys(services).map((name) => [name, new SyntheticFleet(name)]))
  const samples: Sample[] = []
  const decisions: Decision[] = []
  const periodS = 15 / shape.speed
  let nextS = periodS
  for (let atS = 1; atS <= shape.seconds; atS++) {
    const load = loadAt(atS, shape)
    // Decisions fall between samples, as they do in a run.
    while (nextS < atS) {
      for (const fleet of fleets.values()) decisions.push(...fleet.decide(nextS, shape.speed))
      nextS += periodS
    }
    samples.push({
      atS,
      load,
      services: Object.fromEntries([...fleets].map(([name, fleet]) => [name, fleet.look(atS, load.offered, shape.engine)])),
    })
  }
  const header: RecordingHeader = {
    engine: shape.engine,
    startedAt: '2026-11-22T10:00:00.000Z',
    speed: shape.speed,
    versions: { headroom: '0.1.0', node: '26.0.0' },
    services: Object.fromEntries(Object.entries(services).map(([name, { header }]) => [name, header])),
  }
  return {
    header,
    samples,
    decisions,
    probes: [] as ProbeAnswer[],
    end: { atS: shape.seconds, load: resultOf(samples, shape), invariants: { I1: { holds: true, checked: 10 } } },
  }
}

/** A new folder that goes away with the test. */
export function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-report-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Writes a synthesized run as a recording into a new folder. */
export async function recorded(t: Test, run: ReturnType<typeof synthesize> = synthesize()): Promise<string> {
  const folder = folderOf(t)
  const writer = await RecordingWriter.open(join(folder, 'recording.ndjson'), run.header)
  for (const sample of run.samples) {
    writer.sample(sample)
    for (const decision of run.decisions) if (decision.atS > sample.atS && decision.atS <= sample.atS + 1) writer.decision(decision)
  }
  for (const answer of run.probes) writer.probe(answer)
  writer.end(run.end)
  await writer.close()
  return folder
}

function loadAt(atS: number, { seconds, calmPerS, surgePerS }: Shape): LoadSample {
  const surge = atS > seconds / 3 && atS <= (seconds * 2) / 3
  const offered = surge ? surgePerS : calmPerS
  const early = surge && atS <= seconds / 3 + 6
  const shed = early ? 5 : 0
  const stage = surge ? 'surge' : atS > seconds / 2 ? 'after' : 'calm'
  return { stage, offered, ok: offered - shed, refused: 0, limited: 0, shed, failed: 0, p50Ms: 6, p99Ms: early ? 1500 : 40 + (atS % 7) }
}

function resultOf(samples: Sample[], { seconds, calmPerS, surgePerS }: Shape): LoadResult {
  const sum = (key: 'offered' | 'ok' | 'shed') => samples.reduce((total, { load }) => total + (load?.[key] ?? 0), 0)
  const stage = (name: string, ratePerS: number) => ({ name, durationS: seconds / 3, ratePerS })
  return {
    startedAt: '2026-11-22T10:00:00.000Z',
    stages: [stage('calm', calmPerS), stage('surge', surgePerS), stage('after', calmPerS)],
    requests: { offered: sum('offered'), ok: sum('ok'), refused: 0, limited: 0, shed: sum('shed'), failed: 0 },
    orders: { attempted: 200, confirmed: 195 },
    latencyMs: { p50: 6, p95: 30, p99: 900, max: 1800 },
  }
}

/** One service whose replicas share its CPU evenly. */
class SyntheticFleet {
  readonly #name: string
  #pods: Pod[] = [{ name: 'pod-1', fromS: 0, readyS: 0 }]
  #named = 1
  #history: History = EMPTY_HISTORY
  #millicores = 0
  #decidedBy: number | null = null

  constructor(name: string) {
    this.#name = name
  }

  decide(atS: number, speed: number): Decision[] {
    const { header } = services[this.#name] as (typeof services)[string]
    if (header.spec === null) return []
    const spec = { scaleTargetRef: { kind: 'Deployment', name: this.#name }, ...header.spec }
    const pods = this.#pods.map(({ name, fromS, readyS }) => {
      const ready = readyS < atS
      const old = fromS === 0
      return {
        name,
        startedAtS: old ? -1e7 : fromS,
        readyAtS: ready ? (old ? -1e7 : readyS) : null,
        deleting: false,
        millicores: ready ? this.#millicores : 0,
      }
    })
    const from = this.#pods.length
    const input = decisionInput({ spec, atS, speed, currentReplicas: from, pods, requestMillicores: header.cpuRequestMillicores })
    const { desired, why, history, currentMetrics } = decide(spec, input, this.#history)
    this.#history = history
    this.#decidedBy = cpuUtilization(currentMetrics)
    const seenAtS = Math.ceil(atS)
    while (this.#pods.length < desired) this.#pods.push({ name: `pod-${++this.#named}`, fromS: seenAtS, readyS: seenAtS + startUpS })
    this.#pods = this.#pods.slice(0, desired)
    return from === desired ? [] : [{ atS, service: this.#name, from, to: desired, reason: why }]
  }

  look(atS: number, offered: number, engine: Shape['engine']): ServiceSample {
    const { costMs, perOffered, header } = services[this.#name] as (typeof services)[string]
    const requestsPerS = offered * perOffered
    const ready = this.#pods.filter(({ readyS }) => readyS <= atS).length
    this.#millicores = Math.min(header.cpuLimitMillicores, (requestsPerS * costMs) / ready)
    const pods = this.#pods.map(({ name, readyS }): PodSample => {
      if (readyS > atS) return { name, state: 'starting', requestsPerS: null, cpuMillicores: 0 }
      return { name, state: 'ready', requestsPerS: requestsPerS / ready, cpuMillicores: this.#millicores }
    })
    return {
      current: pods.length,
      desired: pods.length,
      ready,
      // On Kubernetes it is the one in the autoscaler's status.
      cpuPercent: engine === 'local' ? (this.#millicores / header.cpuRequestMillicores) * 100 : this.#decidedBy,
      targetPercent: header.spec === null ? null : 60,
      requestsPerS,
      p99Ms: 12,
      shedPerS: 0,
      failedPerS: 0,
      pods,
    }
  }
}
