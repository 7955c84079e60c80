/** Everything a report says, as figures: what report.json holds and report.html shows. */
import type { HpaSpec } from '@headroom/hpa/spec'
import { type Agreement, agreementOf } from './agreement.ts'
import { type Oracle, oracleOf } from './capacity.ts'
import type { ReportLimits } from './limits-file.ts'
import { cpuTarget, type Policy, ruled } from './policy.ts'
import { type Reaction, reactionsOf, stagesOf } from './reaction.ts'
import { failedProbes } from './readiness.ts'
import type { ProbeAnswer, Recording, RecordingHeader } from './recording-format.ts'
import { type Outcome, replay } from './replay.ts'
import { limitVerdicts } from './report-verdicts.ts'
import type { Decision } from './sample.ts'
import { type PodShare, podShare } from './share.ts'
import { integral, round, spansOf } from './spans.ts'
import { type StartUp, startUp } from './startup.ts'
import { type InvariantResult, type LoadResult, type RequestCounts, type Summary, summarize } from './summary.ts'
import type { Verdict } from './verdict.ts'

/** The numbers that ruled a service's size. */
export interface Ruled {
  minReplicas: number
  maxReplicas: number
  targetPercent: number | null
  cpuRequestMillicores: number
  cpuLimitMillicores: number
  behavior: HpaSpec['behavior'] | null
  autoscaled: boolean
}

/** One service over the whole run; null where it is not known. */
export interface ServiceFigures {
  ruled: Ruled
  replicas: { min: number; max: number; final: number }
  changes: number
  replicaSeconds: number
  capacityPerPod: number | null
  requestsPerOffered: number | null
  oracleReplicaSeconds: number | null
  oracleRatio: number | null
  shortageS: number | null
  share: PodShare | null
  startUp: StartUp | null
  /** How often a probe of a replica that had been ready began to fail; null where none was recorded. */
  failedProbes: Record<ProbeAnswer['probe'], number> | null
  outcomes: Outcome[]
  agreement: Agreement | null
}

/** `report.json`. Times are seconds of the recording unless their name says otherwise. */
export interface Analysis {
  format: 'headroom-report'
  version: 1
  engine: RecordingHeader['engine']
  startedAt: string
  durationS: number
  speed: number
  versions: Record<string, string>
  warnings: string[]
  holds: boolean
  verdicts: Verdict[]
  limits: ReportLimits
  stages: { name: string; atS: number; untilS: number; ratePerS: number }[]
  requests: RequestCounts
  /** Null for a run that was cut off. */
  orders: LoadResult['orders'] | null
  latencyMs: LoadResult['latencyMs'] | null
  reactions: Reaction[]
  services: Record<string, ServiceFigures>
  decisions: Decision[]
  invariants: Record<string, InvariantResult>
}

/** The figures of a recording under these limits, and what the policies would have done. Deterministic. */
export function analyze(recording: Recording, limits: ReportLimits, policies: Policy[]): Analysis {
  const { header, samples, decisions, end, warnings } = recording
  const summary = summarize({ engine: header.engine, load: loadOf(recording), samples, decisions, invariants: end?.invariants ?? {} })
  const seen = Object.keys(header.services).filter((name) => samples.some(({ services }) => services[name] !== undefined))
  const services = Object.fromEntries(seen.map((name) => [name, figuresOf(recording, name, summary, policies)]))
  const reactions = reactionsOf(recording, limits.p99MsMax).map((reaction) => rounded(reaction))
  const verdicts = limitVerdicts({ summary, samples, header, reactions, services }, limits)
  return {
    format: 'headroom-report',
    version: 1,
    engine: header.engine,
    startedAt: header.startedAt,
    durationS: round(samples.at(-1)?.atS ?? 0),
    speed: header.speed,
    versions: header.versions,
    warnings,
    holds: verdicts.every(({ holds }) => holds),
    verdicts,
    limits,
    stages: stagesOf(samples).map((stage) => rounded(stage)),
    requests: summary.requests,
    orders: end?.load.orders ?? null,
    latencyMs: end?.load.latencyMs ?? null,
    reactions,
    services,
    decisions,
    invariants: summary.invariants,
  }
}

function figuresOf(recording: Recording, name: string, summary: Summary, policies: Policy[]): ServiceFigures {
  const { header, samples, decisions, pods, probes } = recording
  const own = header.services[name] as RecordingHeader['services'][string]
  const spans = spansOf(samples)
  const oracle = oracleOf(samples, name, own.minReplicas)
  const replicaSeconds = integral(spans, name, ({ current }) => current)
  const needed = new Map(samples.map((sample, index) => [sample, oracle?.needed[index] ?? 0]))
  const oracleSeconds = integral(spans, name, (_, sample) => needed.get(sample) ?? 0)
  const started = startUp(pods, name)
  const share = podShare(samples, name)
  return {
    ruled: ruledBy(own),
    replicas: summary.services[name]?.replicas ?? { min: 0, max: 0, final: 0 },
    changes: decisions.filter(({ service }) => service === name).length,
    replicaSeconds: round(replicaSeconds),
    capacityPerPod: oracle ? round(oracle.capacityPerPod, 2) : null,
    requestsPerOffered: oracle?.requestsPerOffered == null ? null : round(oracle.requestsPerOffered, 4),
    oracleReplicaSeconds: oracle ? round(oracleSeconds) : null,
    oracleRatio: oracle && oracleSeconds > 0 ? round(replicaSeconds / oracleSeconds, 3) : null,
    shortageS: oracle ? round(integral(spans, name, ({ ready }, sample) => (ready < (needed.get(sample) ?? 0) ? 1 : 0))) : null,
    share: share && rounded(share, 3),
    startUp: started && rounded(started, 2),
    failedProbes: probes.length === 0 ? null : failedProbes(name, probes, pods),
    outcomes: outcomesOf(recording, name, policies, started?.medianS ?? 0, oracle),
    agreement: agreementOf(recording, name) ?? null,
  }
}

function outcomesOf(recording: Recording, name: string, policies: Policy[], startUpS: number, oracle: Oracle | undefined): Outcome[] {
  return [ruled, ...policies].flatMap((policy) => {
    const outcome = replay(recording, name, policy, startUpS, oracle)
    return outcome === undefined ? [] : [{ ...rounded(outcome), sizes: outcome.sizes.map((size) => rounded(size)) }]
  })
}

function ruledBy({ spec, ...numbers }: RecordingHeader['services'][string]): Ruled {
  const { minReplicas, maxReplicas, cpuRequestMillicores, cpuLimitMillicores } = numbers
  const targetPercent = spec === null ? null : cpuTarget(spec)
  const behavior = spec?.behavior ?? null
  return { minReplicas, maxReplicas, cpuRequestMillicores, cpuLimitMillicores, targetPercent, behavior, autoscaled: spec !== null }
}

/** The load generator's summary; of a run that was cut off, what the samples add up to, without orders, which only the summary counts. */
function loadOf({ header, samples, end }: Recording): LoadResult {
  if (end !== undefined) return end.load
  const requests: RequestCounts = { offered: 0, ok: 0, refused: 0, limited: 0, shed: 0, failed: 0 }
  for (const { load } of samples) {
    for (const key of Object.keys(requests) as (keyof RequestCounts)[]) requests[key] += load?.[key] ?? 0
  }
  const stages = stagesOf(samples).map(({ name, atS, untilS, ratePerS }) => ({ name, durationS: untilS - atS, ratePerS }))
  const unknown = { p50: 0, p95: 0, p99: 0, max: 0 }
  return { startedAt: header.startedAt, stages, requests, orders: { attempted: 0, confirmed: 0 }, latencyMs: unknown }
}

/** Every number of an object, rounded. */
function rounded<T extends object>(value: T, decimals = 1): T {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, typeof item === 'number' ? round(item, decimals) : item])) as T
}
