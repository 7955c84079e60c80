import { setTimeout as delay } from 'node:timers/promises'
import type { Decision, LoadSample, Sample, ServiceSample } from '@headroom/report/sample'
import { decisionsBetween, type Rates, type Snapshot, serviceOf, serviceSamples } from './fleet.ts'
import type { KubeApi } from './kube-api.ts'
import type { Event, Hpa, Pod, Workload } from './kube-types.ts'
import { podObstacle } from './obstacles.ts'
import { readRates } from './prometheus.ts'

const pollMs = 2000
/** Rates change no faster than they are scraped. */
const ratesEveryMs = 5000

/** Whoever is told what the watch sees. */
export interface Onlooker {
  sample(sample: Sample): void
  decision(decision: Decision): void
  note(text: string): void
}

/** Polls the cluster during a run: sizes and CPU of every service, what the autoscalers decide, what is in the way. */
export class Watch {
  readonly samples: Sample[] = []
  readonly decisions: Decision[] = []
  readonly minimum = new Map<string, number>()
  readonly #api: KubeApi
  readonly #services: string[]
  readonly #onlooker: Onlooker
  readonly #startedAtMs = Date.now()
  readonly #told = new Set<string>()
  #now: Record<string, ServiceSample> = {}
  #before: Snapshot | undefined
  #rates = new Map<string, Rates>()
  #ratesAtMs = 0
  #loaded = false
  #stopped = false

  constructor(api: KubeApi, services: string[], onlooker: Onlooker) {
    this.#api = api
    this.#services = services
    this.#onlooker = onlooker
  }

  /** Seconds since the watch began. */
  get atS(): number {
    return Math.round((Date.now() - this.#startedAtMs) / 100) / 10
  }

  /** The first look. @throws KubeApiError when the cluster cannot be read */
  async start(): Promise<void> {
    await this.#look()
    void this.#keepLooking()
  }

  stop(): void {
    this.#stopped = true
  }

  /** A second of load, with the services as they were last seen. */
  offered(load: LoadSample): void {
    this.#loaded = true
    this.#add({ atS: this.atS, load, services: this.#now })
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
      await this.#look().catch((error: Error) => this.#tellOnce(`the cluster did not answer: ${error.message}`))
    }
  }

  async #look(): Promise<void> {
    const [deployments, hpas, events, pods] = await Promise.all([
      this.#api.list<Workload>('apps/v1', 'deployments'),
      this.#api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers'),
      this.#api.list<Event>('v1', 'events'),
      this.#api.list<Pod>('v1', 'pods'),
    ])
    if (Date.now() - this.#ratesAtMs >= ratesEveryMs) await this.#readRates()
    const snapshot: Snapshot = { deployments, hpas, events }
    this.#now = serviceSamples(snapshot, this.#services, this.#rates)
    for (const { spec } of hpas) {
      const service = serviceOf(spec.scaleTargetRef.name, this.#services)
      if (service) this.minimum.set(service, spec.minReplicas ?? 1)
    }
    for (const decision of this.#before ? decisionsBetween(this.#before, snapshot, this.#services, this.atS) : []) {
      this.decisions.push(decision)
      this.#onlooker.decision(decision)
    }
    this.#before = snapshot
    const obstacle = podObstacle(pods)
    if (obstacle) this.#tellOnce(obstacle.text)
    if (!this.#loaded) this.#add({ atS: this.atS, load: null, services: this.#now })
  }

  async #readRates(): Promise<void> {
    this.#ratesAtMs = Date.now()
    const rates = await readRates(this.#api, this.#services)
    if (rates) this.#rates = rates
    else this.#tellOnce('no Prometheus of k8s/prometheus.yaml answers here: requests, p99 and sheds by service are not shown')
  }

  #add(sample: Sample): void {
    this.samples.push(sample)
    this.#onlooker.sample(sample)
  }

  #tellOnce(text: string): void {
    if (this.#told.has(text)) return
    this.#told.add(text)
    this.#onlooker.note(text)
  }
}
