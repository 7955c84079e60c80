import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { LiveView } from '@headroom/report/live'
import type { Decision, LoadSample, Sample } from '@headroom/report/sample'
import { type InvariantResult, writeRun } from '@headroom/report/summary'
import { commonVerdicts, growth, scaledVerdicts, type Verdict } from '@headroom/report/verdict'
import { spawnNode } from './child.ts'
import type { Engine } from './engine.ts'
import type { Options } from './options.ts'
import { runSurge, warmUp } from './surge.ts'

/** Before the surge. On a cluster the autoscaler leaves young pods out by itself (`--horizontal-pod-autoscaler-cpu-initialization-period`). */
const warmUpS = 8
/** After the load has ended, how long to wait for services to come back to their least size. */
const comeBackS = 60

/** What is seen of the engine, second by second, from the first request to the end. */
export class Watch {
  readonly samples: Sample[] = []
  readonly decisions: Decision[] = []
  readonly #engine: Engine
  readonly #view: LiveView
  #startedAtMs = Date.now()
  load: LoadSample | null = null
  #timer: NodeJS.Timeout | undefined

  constructor(engine: Engine, view: LiveView) {
    this.#engine = engine
    this.#view = view
  }

  start(): void {
    this.#startedAtMs = Date.now()
    this.#timer = setInterval(() => void this.#look(), 1000)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  decided({ atMs, ...decision }: Omit<Decision, 'atS'> & { atMs: number }): void {
    const dated = { ...decision, atS: Math.round((atMs - this.#startedAtMs) / 100) / 10 }
    this.decisions.push(dated)
    this.#view.decision(dated)
  }

  async #look(): Promise<void> {
    const services = await this.#engine.sample()
    const atS = Math.round((Date.now() - this.#startedAtMs) / 100) / 10
    const sample = { atS, load: this.load, services }
    this.samples.push(sample)
    this.#view.sample(sample)
  }
}

/** Offers the surge, waits until the services are back, checks the invariants and writes the run; rejects when the signal ends it early. */
export async function surgeAndReport(
  engine: Engine,
  watch: Watch,
  view: LiveView,
  options: Options,
  signal: AbortSignal,
): Promise<Verdict[]> {
  const { rate, factor, calmS, surgeS, afterS, out } = options
  const load = { url: engine.url, out, signal }
  view.note(`warming up: ${warmUpS} s, up to ${rate}/s, not counted; the autoscaler does not look yet`)
  await warmUp({ ...load, onSample: () => {} }, rate, warmUpS)
  engine.autoscale()
  watch.start()
  view.note(
    `surge: ${calmS} s at ${rate}/s, ${surgeS} s at ${rate * factor}/s, ${afterS} s at ${rate}/s; autoscaler's clock x ${options.speed}`,
  )
  const onSample = (load: LoadSample) => {
    watch.load = load
  }
  const result = await runSurge({ ...load, rate, factor, calmS, surgeS, afterS, onSample })
  watch.load = null
  await backToLeast(watch, signal)
  watch.stop()
  view.end()
  view.note('checking the invariants')
  const invariants = await checkInvariants(engine, out, signal)
  const { samples, decisions } = watch
  const summary = await writeRun(out, { engine: 'local', load: result, samples, decisions, invariants })
  return [...commonVerdicts(summary, samples), ...scaledVerdicts(summary, growth.grown, growth.grownBy)]
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
  return JSON.parse(readFileSync(report, 'utf8'))
}
