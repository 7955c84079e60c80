import type { Rates } from './fleet.ts'
import type { KubeReader } from './kube-api.ts'
import { readPodRates, readRates } from './prometheus.ts'
import { type PodUsage, readUsage } from './usage.ts'

/** Rates change no faster than they are scraped, and CPU is measured every 10 s or later. */
const readEveryMs = 5000

/** What the pods do, as Prometheus and the metrics API say; each may be absent, and then its figures are not known. */
export class Figures {
  rates: ReadonlyMap<string, Rates> = new Map()
  requestsPerS: ReadonlyMap<string, number> = new Map()
  usage: ReadonlyMap<string, PodUsage> = new Map()
  readonly #api: KubeReader
  readonly #services: string[]
  readonly #onAbsence: (text: string) => void
  #readAtMs = Number.NEGATIVE_INFINITY

  /** @param onAbsence told at each reading what is not there */
  constructor(api: KubeReader, services: string[], onAbsence: (text: string) => void) {
    this.#api = api
    this.#services = services
    this.#onAbsence = onAbsence
  }

  /** Reads all again when the last reading is old enough. Never rejects: what cannot be read is not known. */
  async refresh(): Promise<void> {
    if (performance.now() - this.#readAtMs < readEveryMs) return
    this.#readAtMs = performance.now()
    await Promise.all([this.#readTraffic(), this.#readUsage()])
  }

  async #readTraffic(): Promise<void> {
    try {
      const [rates, byPod] = await Promise.all([readRates(this.#api, this.#services), readPodRates(this.#api)])
      if (!rates) this.#onAbsence('no Prometheus of k8s/prometheus.yaml answers here: requests, p99 and sheds by service are not shown')
      this.rates = rates ?? this.rates
      this.requestsPerS = byPod ?? new Map()
    } catch (error) {
      this.#onAbsence(`Prometheus cannot be read: ${(error as Error).message}`)
    }
  }

  async #readUsage(): Promise<void> {
    const absent = 'the CPU of single pods is not recorded'
    try {
      const usage = await readUsage(this.#api)
      if (!usage) this.#onAbsence(`no metrics API (metrics.k8s.io) answers here: ${absent}`)
      this.usage = usage ?? new Map()
    } catch (error) {
      // A reader of the namespace need not be allowed to read its metrics.
      this.#onAbsence(`the metrics API cannot be read, and ${absent}: ${(error as Error).message}`)
      this.usage = new Map()
    }
  }
}
