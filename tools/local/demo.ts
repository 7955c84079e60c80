import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LiveView } from '@headroom/report/live'
import type { LoadLine } from '@headroom/report/load-line'
import { type RecordingHeader, RecordingWriter } from '@headroom/report/recording'
import { reportOn } from '@headroom/report/report'
import { type InvariantResult, type LoadResult, writeRun } from '@headroom/report/summary'
import type { Verdict } from '@headroom/report/verdict'
import { spawnNode } from './child.ts'
import type { Engine } from './engine.ts'
import { recordingHeader } from './header.ts'
import type { Options } from './options.ts'
import { runSurge, warmUp } from './surge.ts'
import type { Watch } from './watch.ts'

/** Before the surge. On a cluster the autoscaler leaves young pods out by itself (`--horizontal-pod-autoscaler-cpu-initialization-period`). */
const warmUpS = 8
/** Up to this share of the surge: what the calm offers would leave the replicas as cold as they start. */
const warmUpShare = 1 / 3
/** After the load has ended, how long to wait for services to come back to their least size. */
const comeBackS = 60

/**
 * Offers the surge, waits until the services are back, checks the invariants, writes the run and makes its report, whose
 * verdicts are the run's. Rejects when the signal ends it early; the recording then holds what was seen and has no end.
 */
export async function surgeAndReport(
  engine: Engine,
  watch: Watch,
  view: LiveView,
  options: Options,
  signal: AbortSignal,
): Promise<Verdict[]> {
  const { rate, factor, out } = options
  const warmPerS = rate * factor * warmUpShare
  view.note(`warming up: ${warmUpS} s, up to ${Math.round(warmPerS)}/s, not counted; the autoscaler does not look yet`)
  await warmUp({ url: engine.url, out, signal, onSecond: () => {} }, warmPerS, warmUpS)
  const startedAtMs = Date.now()
  const recording = await RecordingWriter.open(join(out, 'recording.ndjson'), headerOf(engine, options, startedAtMs))
  try {
    engine.autoscale()
    watch.start(startedAtMs, recording)
    const load = await surge(engine, watch, view, options, signal)
    const { samples, decisions } = watch
    view.note('checking the invariants')
    const invariants = await checkInvariants(engine, out, signal)
    recording.end({ atS: watch.atS(), load, invariants })
    await writeRun(out, { engine: 'local', load, samples, decisions, invariants })
  } finally {
    watch.stop()
    // A recording that is not complete makes a report that says so; what ended the run is the better thing to tell.
    await recording.close().catch((error: Error) => view.note(error.message))
  }
  return reportOn(out, (text) => view.note(`\n${text.trimEnd()}`))
}

function headerOf({ runtimes, postgres }: Engine, { speed, cpuLimit }: Options, startedAtMs: number): RecordingHeader {
  return recordingHeader(runtimes, { startedAtMs, speed, cpuLimit, postgresVersion: postgres?.version })
}

/** The surge and the time that services need to come back, watched. */
async function surge(engine: Engine, watch: Watch, view: LiveView, options: Options, signal: AbortSignal): Promise<LoadResult> {
  const { rate, factor, calmS, surgeS, afterS, speed, out } = options
  view.note(`surge: ${calmS} s at ${rate}/s, ${surgeS} s at ${rate * factor}/s, ${afterS} s at ${rate}/s; autoscaler's clock x ${speed}`)
  const onSecond = (line: LoadLine) => watch.offered(line)
  const result = await runSurge({ url: engine.url, out, signal, rate, factor, calmS, surgeS, afterS, onSecond })
  await watch.loadEnded()
  await backToLeast(watch, signal)
  watch.stop()
  view.end()
  return result
}

/** Waits until every service has as many replicas as it began with, or the time is up; the verdicts say which it was. */
async function backToLeast({ samples }: Watch, signal: AbortSignal): Promise<void> {
  const least = Object.entries(samples[0]?.services ?? {})
  const giveUpAtMs = Date.now() + comeBackS * 1000
  const back = () => least.every(([name, { current }]) => (samples.at(-1)?.services[name]?.current ?? 0) <= current)
  while (!back() && Date.now() < giveUpAtMs) await delay(500, undefined, { signal })
}

/** Runs the checker as anybody would, against this run's database and acknowledgement log. */
export async function checkInvariants(engine: Engine, out: string, signal: AbortSignal): Promise<Record<string, InvariantResult>> {
  const main = new URL('../invariants/main.ts', import.meta.url)
  const report = join(out, 'invariants.json')
  const args = ['--acks', join(out, 'acks.ndjson'), '--out', report]
  const child = spawnNode({ main, args, env: engine.databaseEnv, output: 'inherit', signal })
  const [code] = await once(child, 'exit')
  if (code !== 0 && code !== 1) throw new Error(`the invariants checker ended with ${code ?? child.signalCode}`)
  const found = JSON.parse(readFileSync(report, 'utf8')) as Record<string, InvariantResult>
  // The rows that break one stay in its own report: a recording has no room for thousands.
  return Object.fromEntries(Object.entries(found).map(([name, { holds, checked }]) => [name, { holds, checked }]))
}
