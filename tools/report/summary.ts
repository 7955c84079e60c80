import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Decision, Sample } from './sample.ts'
import { timelineCsv } from './timeline.ts'

/** Requests by outcome; `offered` is their sum. */
export interface RequestCounts {
  offered: number
  ok: number
  refused: number
  limited: number
  shed: number
  failed: number
}

/** What the load generator's own summary says, in the fields used here. */
export interface LoadResult {
  startedAt: string
  stages: { name: string; durationS: number; ratePerS: number }[]
  requests: RequestCounts
  orders: { attempted: number; confirmed: number }
  latencyMs: { p50: number; p95: number; p99: number; max: number }
}

/** One invariant as the checker leaves it. */
export interface InvariantResult {
  holds: boolean
  checked: number
}

/** `summary.json`, described by summary.schema.json; the same for both engines. */
export interface Summary extends LoadResult {
  engine: 'local' | 'kubernetes'
  services: Record<string, { replicas: { min: number; max: number; final: number }; decisions: Omit<Decision, 'service'>[] }>
  invariants: Record<string, InvariantResult>
}

/** Everything a run leaves behind. */
export interface Run {
  engine: Summary['engine']
  load: LoadResult
  samples: Sample[]
  decisions: Decision[]
  invariants: Record<string, InvariantResult>
}

/**
 * The summary of a run. Replicas are the ready ones, from the samples; decisions are sorted by time.
 * @throws Error when the run has no samples, since then nothing can be said of the services
 */
export function summarize({ engine, load, samples, decisions, invariants }: Run): Summary {
  const last = samples.at(-1)
  if (!last) throw new Error('the run has no samples: nothing was observed')
  const services: Summary['services'] = {}
  for (const name of Object.keys(last.services)) {
    const ready = samples.flatMap((sample) => sample.services[name]?.ready ?? [])
    const own = decisions.filter((decision) => decision.service === name).sort((a, b) => a.atS - b.atS)
    services[name] = {
      replicas: { min: Math.min(...ready), max: Math.max(...ready), final: last.services[name]?.current ?? 0 },
      decisions: own.map(({ atS, from, to, reason }) => ({ atS, from, to, reason })),
    }
  }
  const { startedAt, stages, requests, orders, latencyMs } = load
  const checked = Object.entries(invariants).map(([name, { holds, checked }]) => [name, { holds, checked }])
  return { engine, startedAt, stages, requests, orders, latencyMs, services, invariants: Object.fromEntries(checked) }
}

/** Writes summary.json and timeline.csv into `folder`, made if need be. */
export async function writeRun(folder: string, run: Run): Promise<Summary> {
  const summary = summarize(run)
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'summary.json'), `${JSON.stringify(summary, null, 2)}\n`)
  await writeFile(join(folder, 'timeline.csv'), timelineCsv(run.samples, run.decisions))
  return summary
}

/** The share of shed and limited requests among the offered ones in the last third of the stage called `stage`; null when nothing was offered. */
export function refusedShareAtEnd(samples: Sample[], stage: string): number | null {
  const during = samples.flatMap(({ load }) => (load?.stage === stage ? [load] : []))
  const third = during.slice(Math.floor((during.length * 2) / 3))
  const offered = third.reduce((sum, load) => sum + load.offered, 0)
  const turnedAway = third.reduce((sum, load) => sum + load.shed + load.limited, 0)
  return offered === 0 ? null : turnedAway / offered
}
