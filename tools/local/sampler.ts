import { cpuUtilization } from '@headroom/hpa/metrics'
import { milliValue } from '@headroom/hpa/quantity'
import { readScrape, type Scrape } from '@headroom/kit/scrape'
import type { PodSample, ServiceSample } from '@headroom/report/sample'
import { ratesBetween } from '@headroom/report/traffic'
import type { CpuUsage, Usage } from './cpu-usage.ts'
import type { Deployments } from './deployments.ts'
import type { Store } from './kube/store.ts'
import type { Replica } from './replica.ts'
import { namespace, type ServiceRuntime } from './service-runtime.ts'

/** A replica as it is looked at. */
type SampledReplica = Pick<Replica, 'name' | 'state' | 'pid' | 'opsPort'>

/** A replica as it was at the moment of a sample; it may have left before it has answered. */
interface Seen {
  name: string
  state: PodSample['state']
  opsPort: number
  used: Usage | undefined
}

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

  /** Scrapes all replicas that there are now; rates are since the last call. @param originMs of the times of CPU measurements: the recording's beginning */
  async sample(originMs = 0): Promise<Record<string, ServiceSample>> {
    const atMs = Date.now()
    const seconds = Math.max(0.001, (atMs - this.#beforeAtMs) / 1000)
    const now = new Map<string, Scrape>()
    const entries = await Promise.all(
      this.#services.map(async (runtime) => {
        const seen = this.#seen(runtime)
        const sizes = this.#sizes(runtime, seen)
        const pairs = await this.#scrapeAll(seen, now)
        const pods = seen.map((replica) => toPodSample(replica, pairs.get(replica.name), seconds, originMs))
        return [runtime.service, { ...sizes, ...ratesBetween([...pairs.values()], seconds), pods }] as const
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

  /** What there is of a service now. Answers take up to a second, in which replicas come and go: the sizes and the pods are of one moment. */
  #seen({ service }: Pick<ServiceRuntime, 'service'>): Seen[] {
    return this.#deployments.of(service).flatMap(({ name, state, pid, opsPort }) => {
      const shown = podStates[state]
      return shown === undefined ? [] : [{ name, state: shown, opsPort, used: pid === undefined ? undefined : this.#cpu.of(pid) }]
    })
  }

  /** The replicas that answer, by name. One that misses a look keeps its counters, or its next would count all since its birth. */
  async #scrapeAll(seen: Seen[], now: Map<string, Scrape>): Promise<Map<string, Pair>> {
    const asked = seen.filter(({ state }) => state !== 'starting')
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

  #sizes({ values }: Pick<ServiceRuntime, 'values'>, seen: Seen[]) {
    const deployment = this.#store.get('deployments', namespace, values.name)
    const hpa = this.#store.get('horizontalpodautoscalers', namespace, values.name)
    const ready = seen.filter(({ state }) => state === 'ready')
    const used = ready.flatMap(({ used }) => used?.millicores ?? [])
    const requested = milliValue(values.resources.requests.cpu)
    return {
      current: seen.filter(({ state }) => state !== 'draining').length,
      desired: hpa?.status?.desiredReplicas ?? deployment?.spec.replicas ?? 0,
      ready: ready.length,
      cpuPercent: used.length === 0 ? null : (used.reduce((sum, value) => sum + value, 0) / used.length / requested) * 100,
      ...(hpa && { averageUtilization: cpuUtilization(hpa.status?.currentMetrics) }),
      targetPercent: values.autoscaling.enabled ? values.autoscaling.targetCPUUtilizationPercentage : null,
    }
  }
}

/** A replica's own figures; requests are not known where it did not answer. */
function toPodSample({ name, state, used }: Seen, pair: Pair | undefined, seconds: number, originMs: number): PodSample {
  const requestsPerS = pair ? Math.max(0, pair.after.arrivals - (pair.before?.arrivals ?? 0)) / seconds : null
  return {
    name,
    state,
    requestsPerS: requestsPerS === null ? null : thousandths(requestsPerS),
    cpuMillicores: used === undefined ? null : thousandths(used.millicores),
    ...(used && {
      cpuAtS: Math.max(0, thousandths((used.atMs - originMs) / 1000)),
      cpuWindowS: thousandths(used.windowMs / 1000),
    }),
  }
}

function thousandths(value: number): number {
  return Math.round(value * 1000) / 1000
}

/** A replica under its CPU limit may answer late, or be gone: then this second has nothing from it. */
async function scrape({ opsPort }: Seen): Promise<Scrape | undefined> {
  try {
    const reply = await fetch(`http://127.0.0.1:${opsPort}/metrics`, { signal: AbortSignal.timeout(900) })
    return reply.ok ? readScrape(await reply.text()) : undefined
  } catch {
    return undefined
  }
}
