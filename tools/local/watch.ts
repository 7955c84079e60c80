import type { LiveView } from '@headroom/report/live'
import { type LoadLine, loadSecond } from '@headroom/report/load-line'
import { PodTimes } from '@headroom/report/pod-times'
import { ReadinessChanges } from '@headroom/report/readiness'
import type { RecordingWriter } from '@headroom/report/recording'
import type { Decision, LoadSample, Sample } from '@headroom/report/sample'
import type { Engine } from './engine.ts'

/** What is seen of the engine, second by second, from the first request to the end; shown, kept, and recorded where there is a recording. */
export class Watch {
  readonly samples: Sample[] = []
  readonly decisions: Decision[] = []
  readonly #engine: Pick<Engine, 'sample' | 'replicasOf'>
  readonly #view: Pick<LiveView, 'sample' | 'decision'>
  #startedAtMs = Date.now()
  #recording: RecordingWriter | undefined
  #times = new PodTimes(0)
  #readiness = new ReadinessChanges(0)
  /** The last look that was asked for: one comes after the other, since each tells what has changed since. */
  #looking: Promise<void> = Promise.resolve()
  #loaded = false
  #timer: NodeJS.Timeout | undefined

  constructor(engine: Pick<Engine, 'sample' | 'replicasOf'>, view: Pick<LiveView, 'sample' | 'decision'>) {
    this.#engine = engine
    this.#view = view
  }

  /** @param startedAtMs the wall clock's moment that every `atS` counts from */
  start(startedAtMs = Date.now(), recording?: RecordingWriter): void {
    this.#startedAtMs = startedAtMs
    this.#recording = recording
    this.#times = new PodTimes(startedAtMs)
    this.#readiness = new ReadinessChanges(startedAtMs)
    this.#timer = setInterval(() => {
      if (!this.#loaded) void this.look()
    }, 1000)
  }

  stop(): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  /** Seconds since the start, in tenths. */
  atS(atMs = Date.now()): number {
    return Math.max(0, Math.round((atMs - this.#startedAtMs) / 100) / 10)
  }

  decided({ atMs, ...decision }: Omit<Decision, 'atS'> & { atMs: number }): void {
    const dated = { ...decision, atS: this.atS(atMs) }
    this.decisions.push(dated)
    this.#recording?.decision(dated)
    this.#view.decision(dated)
  }

  /** A second of load, recorded once, with the services as they are now. While there is load its seconds set the pace. */
  offered(line: LoadLine): void {
    this.#loaded = true
    void this.look(loadSecond(line, this.#startedAtMs))
  }

  /** From now on samples are without load. Resolves when its last second is recorded. */
  async loadEnded(): Promise<void> {
    this.#loaded = false
    await this.#looking
  }

  /** One second. A look that is still under way when the watch is stopped is left out: the end has been written by then. */
  look(load: LoadSample | null = null): Promise<void> {
    this.#looking = this.#looking.then(() => this.#look(load))
    return this.#looking
  }

  async #look(load: LoadSample | null): Promise<void> {
    const services = await this.#engine.sample(this.#startedAtMs)
    if (this.#timer === undefined) return
    // Whatever happens to the wall clock, a recording does not go back in time.
    const atS = Math.max(this.atS(), this.samples.at(-1)?.atS ?? 0)
    const sample = { atS, load, services }
    this.samples.push(sample)
    this.#recordPods(services)
    this.#recording?.sample(sample)
    this.#view.sample(sample)
  }

  /** A replica that has become ready since it was looked at is told with the next look: the sample would take it back. */
  #recordPods(services: Sample['services']): void {
    const nowMs = Date.now()
    for (const [service, { pods = [] }] of Object.entries(services)) {
      const replicas = this.#engine.replicasOf(service)
      const shown = new Map(pods.map(({ name, state }) => [name, state]))
      const timed = replicas.flatMap(({ name, startedAtMs, readyAtMs = null }) => {
        const state = shown.get(name)
        if (state !== 'starting' && state !== 'ready') return []
        return [{ name, startedAtMs, readyAtMs: state === 'ready' ? readyAtMs : null }]
      })
      for (const change of this.#times.changes(service, timed, nowMs)) this.#recording?.pod(change)
      const asked = replicas.filter(({ state }) => state === 'starting' || state === 'ready')
      const answers = asked.flatMap(({ name, readiness }) => (readiness === undefined ? [] : [{ name, ...readiness }]))
      for (const answer of this.#readiness.changes(service, answers, nowMs)) this.#recording?.probe(answer)
    }
  }
}
