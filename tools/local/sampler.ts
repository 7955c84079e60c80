import { milliValue } from '@headroom/hpa/quantity'
import type { ServiceSample } from '@headroom/report/sample'
import { type Counters, countersOf, ratesBetween } from '@headroom/report/traffic'
import type { CpuUsage } from './cpu-usage.ts'
import type { Deployments } from './deployments.ts'
import type { Store } from './kube/store.ts'
import type { Replica } from './replica.ts'
import { namespace, type ServiceRuntime } from './service-runtime.ts'

/** A replica as it is looked at. */
type SampledReplica = Pick<Replica, 'name' | 'state' | 'pid' | 'opsPort'>

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
  #before = new Map<string, Counters>()
  #beforeAtMs = Date.now()

  constructor(options: SamplerOptions) {
    this.#store = options.store
    this.#deployments = options.deployments
    this.#cpu = options.cpu
    this.#services = options.services
  }

  /** Scrapes all replicas; rates are since the last call. */
  async sample(): Promise<Record<string, ServiceSample>> {
    const atMs = Date.now()
    const seconds = Math.max(0.001, (atMs - this.#beforeAtMs) / 1000)
    const now = new Map<string, Counters>()
    const entries = await Promise.all(
      this.#services.map(async (runtime) => {
        const replicas = this.#deployments.of(runtime.service)
        const scraped = await Promise.all(
          replicas.filter(({ state }) => state !== 'starting').map(async (replica) => [replica.name, await scrape(replica)] as const),
        )
        const pairs = scraped.flatMap(([name, after]) => {
          if (!after) return []
          now.set(name, after)
          return [{ before: this.#before.get(name), after }]
        })
        return [runtime.service, { ...this.#sizes(runtime, replicas), ...ratesBetween(pairs, seconds) }] as const
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
      targetPercent: values.autoscaling.enabled ? values.autoscaling.targetCPUUtilizationPercentage : null,
    }
  }
}

/** A replica under its CPU limit may answer late, or be gone: then this second has nothing from it. */
async function scrape({ opsPort }: SampledReplica): Promise<Counters | undefined> {
  try {
    const reply = await fetch(`http://127.0.0.1:${opsPort}/metrics`, { signal: AbortSignal.timeout(900) })
    return reply.ok ? countersOf(await reply.text()) : undefined
  } catch {
    return undefined
  }
}
