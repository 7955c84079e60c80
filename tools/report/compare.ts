/** Two runs side by side, as figures: compare.json. */
import type { Analysis, ServiceFigures } from './analysis.ts'
import type { Recording } from './recording-format.ts'
import { round } from './spans.ts'
import type { Verdict } from './verdict.ts'

export interface Run {
  /** The folder, as it was given. */
  name: string
  recording: Recording
  analysis: Analysis
}

/** One figure of both runs. `change` is B less A; null where one is not known. */
export interface Compared {
  a: number | null
  b: number | null
  change: number | null
}

export interface Comparison {
  format: 'headroom-comparison'
  version: 1
  a: RunHead
  b: RunHead
  run: Record<string, Compared>
  services: Record<string, Record<string, Compared>>
}

interface RunHead {
  name: string
  engine: string
  startedAt: string
  speed: number
  holds: boolean
  warnings: string[]
  verdicts: Verdict[]
}

/** All figures of two runs. A service that only one of them has is there, with null for the other. */
export function compared(a: Run, b: Run): Comparison {
  const names = [...new Set([...Object.keys(a.analysis.services), ...Object.keys(b.analysis.services)])]
  const services = names.map((name) => {
    return [name, pairs(serviceFigures(a.analysis.services[name]), serviceFigures(b.analysis.services[name]))]
  })
  return {
    format: 'headroom-comparison',
    version: 1,
    a: headOf(a),
    b: headOf(b),
    run: pairs(runFigures(a.analysis), runFigures(b.analysis)),
    services: Object.fromEntries(services),
  }
}

function headOf({ name, analysis }: Run): RunHead {
  const { engine, startedAt, speed, holds, warnings, verdicts } = analysis
  return { name, engine, startedAt, speed, holds, warnings, verdicts }
}

type Figures = Record<string, number | null>

/** The first step stands for all: runs that are compared have the same load. */
function runFigures({ durationS, requests, orders, latencyMs, reactions: [first], services }: Analysis): Figures {
  const all = Object.values(services)
  return {
    'length, s': durationS,
    offered: requests.offered,
    ok: requests.ok,
    refused: requests.refused,
    limited: requests.limited,
    shed: requests.shed,
    failed: requests.failed,
    'orders confirmed': orders?.confirmed ?? null,
    'p50, ms': latencyMs?.p50 ?? null,
    'p95, ms': latencyMs?.p95 ?? null,
    'p99, ms': latencyMs?.p99 ?? null,
    'first decision after the step, s': first?.firstDecisionS ?? null,
    'first new replica ready, s': first?.firstReadyS ?? null,
    'p99 back under the limit, s': first?.p99BackS ?? null,
    'replica-seconds, all services': round(all.reduce((sum, { replicaSeconds }) => sum + replicaSeconds, 0)),
    'scaling decisions': all.reduce((sum, { changes }) => sum + changes, 0),
  }
}

function serviceFigures(figures: ServiceFigures | undefined): Figures {
  return {
    'most replicas': figures?.replicas.max ?? null,
    changes: figures?.changes ?? null,
    'replica-seconds': figures?.replicaSeconds ?? null,
    "times the oracle's": figures?.oracleRatio ?? null,
    'short of the oracle, s': figures?.shortageS ?? null,
    'capacity per pod at the target, requests/s': figures?.capacityPerPod ?? null,
    'Gini coefficient': figures?.share?.gini ?? null,
    'start-up, median s': figures?.startUp?.medianS ?? null,
  }
}

function pairs(a: Figures, b: Figures): Record<string, Compared> {
  return Object.fromEntries(
    Object.keys(a).map((name) => {
      const [left, right] = [a[name] ?? null, b[name] ?? null]
      return [name, { a: left, b: right, change: left === null || right === null ? null : round(right - left, 3) }]
    }),
  )
}
