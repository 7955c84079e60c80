import { cpuUtilization } from '@headroom/hpa/metrics'
import { milliValue } from '@headroom/hpa/quantity'
import { readScrape, type Scrape } from '@headroom/kit/scrape'
import type { PodSample, ServiceSample } from '@headroom/report/sample'
import { ratesBetween } from '@headroom/report/traffic'
import type { CpuUsage } from './cpu-usage.ts'
import type { Deployments } from './deployments.ts'
import type { Store } from './kube/store.ts'
import type { Replica } from './replica.ts'
import { namespace, type ServiceRuntime } from './service-runtime.ts'

/** A replica as it is looked at. */
type SampledReplica = Pick<Replica, 'name' | 'state' | 'pid' | 'opsPort'>

type Pair = { before: Scrape | undefined; after: Scrape }

/** A pod's words for a replica's states; one that is gone has none. */
const podStates: Record<Replica['state'], PodSample['state'] | undefined> = {
  starting: 'starting',
  ready: 'ready',
  terminating: 'draining',
  gone: undefined,
}

interface Observed {
  of: (service: string) => SampledReplica[]
  pods: Pick<Deployments['pods'], 'showUsage'>
}

export interface SamplerOptions {
  store: Store
  deployments: Observed
  cpu: Pick<CpuUsage, 'of'>
  services: Pick<ServiceRuntime, 'service' | 'values'>[]
}

/** Looks at every replica once a second, through its ops port, as Prometheus would. */
export class Sampler {
  readonly #store: Store
  readonly #deployments: Observed
  readonly #cpu: Pick<CpuUsage, 'of'>
  readonly #services: SamplerOptions['services']
  #before = new Map<string, Scrape>()
  #beforeAtMs = Date.now()

  constructor(options: SamplerOptions) {
    this.#store = options.store
    this.#deployments = options.deployments
    this.#cpu = options.cpu
    this.#services = options.services
  }

  /** Scrapes all replicas; rates are since the last call. @param originMs of the times of CPU measurements: the recording's beginning */
  async sample(originMs = 0): Promise<Record<string, ServiceSample>> {
    const atMs = Date.now()
    const seconds = Math.max(0.001, (atMs - this.#beforeAtMs) / 1000)
    const now = new Map<string, Scrape>()
    const entries = await Promise.all(
      this.#services.map(async (runtime) => {
        const replicas = this.#deployments.of(runtime.service)
        const pairs = await this.#scrapeAll(replicas, now)
        const pods = replicas.flatMap((replica) => this.#pod(replica, pairs.get(replica.name), seconds, originMs))
        return [runtime.service, { ...this.#sizes(runtime, replicas), ...ratesBetween([...pairs.values()], seconds), pods }] as const
      }),
    )
    this.#before = now
    this.#beforeAtMs = atMs
    return Object.fromEntries(entries)
  }

  /** Publishes every pod's usage in the API, as metrics-server does. */
  publishUsage(): void {
    for (const runtime of this.#services) {
      for (const { name, pid, state } of this.#deployments.of(runtime.service)) {
        const usage = state === 'gone' || pid === undefined ? undefined : this.#cpu.of(pid)
        if (usage) this.#deployments.pods.showUsage(name, runtime, usage)
      }
    }
  }

  /** The replicas that answer, by name. One that misses a look keeps its counters, or its next would count all since its birth. */
  async #scrapeAll(replicas: SampledReplica[], now: Map<string, Scrape>): Promise<Map<string, Pair>> {
    const asked = replicas.filter(({ state }) => state !== 'starting' && state !== 'gone')
    const scraped = await Promise.all(asked.map(async (replica) => [replica.name, await scrape(replica)] as const))
    const pairs = new Map<string, Pair>()
    for (const [name, after] of scraped) {
      const before = this.#before.get(name)
      if (after) pairs.set(name, { before, after })
      const known = after ?? before
      if (known) now.set(name, known)
    }
    return pairs
  }

  /** A replica's own figures; requests are not known where it did not answer. */
  #pod({ name, state, pid }: SampledReplica, pair: Pair | undefined, seconds: number, originMs: number): PodSample[] {
    const shown = podStates[state]
    if (shown === undefined) return []
    const used = pid === undefined ? undefined : this.#cpu.of(pid)
    const measured = used && {
      cpuAtS: Math.max(0, thousandths((used.atMs - originMs) / 1000)),
      cpuWindowS: thousandths(used.windowMs / 1000),
    }
    const requestsPerS = pair ? Math.max(0, pair.after.arrivals - (pair.before?.arrivals ?? 0)) / seconds : null
    const cpuMillicores = used === undefined ? null : thousandths(used.millicores)
    return [{ name, state: shown, requestsPerS: requestsPerS === null ? null : thousandths(requestsPerS), cpuMillicores, ...measured }]
  }

  #sizes({ values }: Pick<ServiceRuntime, 'values'>, replicas: SampledReplica[]) {
    const deployment = this.#store.get('deployments', namespace, values.name)
    const hpa = this.#store.get('horizontalpodautoscalers', namespace, values.name)
    const ready = replicas.filter(({ state }) => state === 'ready')
    const used = ready.flatMap(({ pid }) => (pid === undefined ? [] : (this.#cpu.of(pid)?.millicores ?? [])))
    const requested = milliValue(values.resources.requests.cpu)
    return {
      current: replicas.filter(({ state }) => state !== 'terminating').length,
      desired: hpa?.status?.desiredReplicas ?? deployment?.spec.replicas ?? 0,
      ready: ready.length,
      cpuPercent: used.length === 0 ? null : (used.reduce((sum, value) => sum + value, 0) / used.length / requested) * 100,
      ...(hpa && { averageUtilization: cpuUtilization(hpa.status?.currentMetrics) }),
      targetPercent: values.autoscaling.enabled ? values.autoscaling.targetCPUUtilizationPercentage : null,
    }
  }
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}

/** A replica under its CPU limit may answer late, or be gone: then this second has nothing from it. */
async function scrape({ opsPort }: SampledReplica): Promise<Scrape | undefined> {
  try {
    const reply = await fetch(`http://127.0.0.1:${opsPort}/metrics`, { signal: AbortSignal.timeout(900) })
    return reply.ok ? readScrape(await reply.text()) : undefined
  } catch {
    return undefined
  }
}
