import { setTimeout as delay } from 'node:timers/promises'
import { type LoadLine, loadSecond } from '@headroom/report/load-line'
import { PodTimes } from '@headroom/report/pod-times'
import { ReadinessChanges } from '@headroom/report/readiness'
import type { PodChange, ProbeAnswer } from '@headroom/report/recording'
import type { Decision, Sample, ServiceSample } from '@headroom/report/sample'
import { Figures } from './figures.ts'
import { decisionsBetween, type Snapshot, serviceOf, serviceSamples } from './fleet.ts'
import type { KubeApi } from './kube-api.ts'
import type { Event, Hpa, Pod, Workload } from './kube-types.ts'
import { podObstacle } from './obstacles.ts'
import { podsOf, readinessOf, timesOf } from './pods.ts'

const pollMs = 2000

/** Whoever is told what the watch sees. */
export interface Onlooker {
  sample(sample: Sample): void
  decision(decision: Decision): void
  note(text: string): void
}

/** Whoever writes down what the watch sees: a recording. */
export interface Scribe {
  sample(sample: Sample): void
  decision(decision: Decision): void
  pod(change: PodChange): void
  probe(answer: ProbeAnswer): void
}

/** Polls the cluster during a run: sizes and CPU of every service, what the autoscalers decide, what is in the way. */
export class Watch {
  readonly samples: Sample[] = []
  readonly decisions: Decision[] = []
  readonly minimum = new Map<string, number>()
  readonly #api: KubeApi
  readonly #services: string[]
  readonly #onlooker: Onlooker
  /** The wall clock's moment that every `atS` counts from, in milliseconds. */
  readonly startedAtMs = Date.now()
  readonly #figures: Figures
  readonly #times = new PodTimes(this.startedAtMs)
  readonly #readiness = new ReadinessChanges(this.startedAtMs)
  readonly #told = new Set<string>()
  #now: Record<string, ServiceSample> = {}
  #before: Snapshot | undefined
  #scribe: Scribe | undefined
  #loaded = false
  #stopped = false

  constructor(api: KubeApi, services: string[], onlooker: Onlooker) {
    this.#api = api
    this.#services = services
    this.#onlooker = onlooker
    this.#figures = new Figures(api, services, (text) => this.#tellOnce(text))
  }

  /** Seconds since the watch began. */
  get atS(): number {
    return Math.round((Date.now() - this.startedAtMs) / 100) / 10
  }

  /** The first look. @param scribe gets everything from now on @throws KubeApiError when the cluster cannot be read */
  async start(scribe?: Scribe): Promise<void> {
    this.#scribe = scribe
    await this.#look()
    void this.#keepLooking()
  }

  stop(): void {
    this.#stopped = true
  }

  /** A second of load, with the services as they were last seen. It is told after it has ended, and has its own time. */
  offered(line: LoadLine): void {
    this.#loaded = true
    this.#add({ atS: this.atS, load: loadSecond(line, this.startedAtMs), services: this.#now })
  }

  /** From now on samples are without load. */
  loadEnded(): void {
    this.#loaded = false
  }

  /** True when every autoscaled service has its least replicas. */
  get atMinimum(): boolean {
    return [...this.minimum].every(([service, least]) => (this.#now[service]?.current ?? 0) <= least)
  }

  async #keepLooking(): Promise<void> {
    while (!this.#stopped) {
      await delay(pollMs)
      // A poll that fails is a hole in the record, not the end of the run.
      await this.#look().catch((error: Error) => {
        if (!this.#stopped) this.#tellOnce(`the cluster did not answer: ${error.message}`)
      })
    }
  }

  async #look(): Promise<void> {
    const [deployments, hpas, events, pods] = await Promise.all([
      this.#api.list<Workload>('apps/v1', 'deployments'),
      this.#api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers'),
      this.#api.list<Event>('v1', 'events'),
      this.#api.list<Pod>('v1', 'pods'),
      this.#figures.refresh(),
    ])
    if (this.#stopped) return
    const snapshot: Snapshot = { deployments, hpas, events, pods }
    const { rates, requestsPerS, usage } = this.#figures
    this.#now = serviceSamples(snapshot, this.#services, { rates, requestsPerS, usage, startedAtMs: this.startedAtMs })
    this.#writePods(snapshot)
    for (const { spec } of hpas) {
      const service = serviceOf(spec.scaleTargetRef.name, this.#services)
      if (service) this.minimum.set(service, spec.minReplicas ?? 1)
    }
    for (const decision of this.#before ? decisionsBetween(this.#before, snapshot, this.#services, this.atS) : []) {
      this.decisions.push(decision)
      this.#scribe?.decision(decision)
      this.#onlooker.decision(decision)
    }
    this.#before = snapshot
    const obstacle = podObstacle(pods)
    if (obstacle) this.#tellOnce(obstacle.text)
    if (!this.#loaded) this.#add({ atS: this.atS, load: null, services: this.#now })
  }

  /** When pods started, became ready, and answered otherwise, by the cluster's own clock: a poll sees it up to two seconds later. */
  #writePods({ deployments, pods }: Snapshot): void {
    for (const deployment of deployments) {
      const service = serviceOf(deployment.metadata.name, this.#services)
      if (service === undefined) continue
      const own = podsOf(deployment, pods)
      const answers = own.flatMap((pod) => readinessOf(pod) ?? [])
      for (const answer of this.#readiness.changes(service, answers, Date.now())) this.#scribe?.probe(answer)
      const timed = own.flatMap((pod) => timesOf(pod) ?? [])
      for (const change of this.#times.changes(service, timed, Date.now())) this.#scribe?.pod(change)
    }
  }

  #add({ atS, ...seen }: Sample): void {
    // Whatever happens to the wall clock, a recording does not go back in time.
    const sample = { ...seen, atS: Math.max(atS, this.samples.at(-1)?.atS ?? 0) }
    this.samples.push(sample)
    this.#scribe?.sample(sample)
    this.#onlooker.sample(sample)
  }

  #tellOnce(text: string): void {
    if (this.#stopped || this.#told.has(text)) return
    this.#told.add(text)
    this.#onlooker.note(text)
  }
}
