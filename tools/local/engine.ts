import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Decision, ServiceSample } from '@headroom/report/sample'
import { type Autoscaler, startAutoscaler } from './autoscaler.ts'
import { type Balancer, startBalancer } from './balancer.ts'
import { CpuUsage } from './cpu-usage.ts'
import { Deployments } from './deployments.ts'
import { environmentOf } from './environment.ts'
import { type KubeApi, serveKube } from './kube/server.ts'
import { Store } from './kube/store.ts'
import { runMigration } from './migrations.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import { Sampler } from './sampler.ts'
import { namespace, objectName, type ServiceRuntime } from './service-runtime.ts'
import { readValues } from './values.ts'

const root = new URL('../../', import.meta.url)
const profile = 'kind'
/** Resolution of metrics-server in k8s/, before the clock is sped up. */
const metricsResolutionMs = 15_000
const drainGraceMs = 10_000

export interface EngineOptions {
  /** How many times faster than real time the autoscaler's clock runs. */
  speed: number
  /** Folder of logs and database. */
  out: string
  /** Port of the gateway; 0 lets the system choose. */
  port: number
  cpuLimit: boolean
  /** How long a balancer still sends new connections to a replica that is leaving. */
  endpointLagMs?: number
  onNote: (text: string) => void
  onDecision: (decision: Omit<Decision, 'atS'> & { atMs: number }) => void
  onCrash: (reason: string) => void
}

/** The whole on-sale on this machine: Postgres, the services' replicas, their balancers, the Kubernetes API and the autoscaler. */
export class Engine {
  readonly #options: EngineOptions
  readonly #balancers = new Map<string, Balancer>()
  #postgres: Postgres | undefined
  #api: KubeApi | undefined
  #autoscaler: Autoscaler | undefined
  #deployments: Deployments | undefined
  #cpu: CpuUsage | undefined
  #sampler: Sampler | undefined
  #publishing: NodeJS.Timeout | undefined

  constructor(options: EngineOptions) {
    this.#options = options
  }

  /** Base URL of the gateway. */
  get url(): string {
    return this.#balancers.get('gateway')?.url ?? ''
  }

  /** Superuser's libpq variables, for the invariants checker. */
  get databaseEnv(): Record<string, string> {
    return this.#postgres?.superuserEnv ?? {}
  }

  get kubeconfigFile(): string {
    return join(this.#options.out, 'kubeconfig')
  }

  /** Resolves when every service is ready. */
  async start(): Promise<void> {
    const { out, onNote, cpuLimit, speed } = this.#options
    const logs = join(out, 'logs')
    mkdirSync(logs, { recursive: true })
    this.#postgres = await startPostgres({ dataFolder: join(out, 'postgres'), logFile: join(logs, 'postgres.log'), onProgress: onNote })
    const services = await this.#prepare(this.#postgres)
    const store = new Store()
    this.#api = await serveKube(store, { namespace })
    writeFileSync(this.kubeconfigFile, this.#api.kubeconfig)
    const deployments = new Deployments({
      store,
      services,
      logs,
      limitCpu: cpuLimit,
      onCrash: ({ name, failure }) => this.#options.onCrash(`${name} ${failure}; its log: ${join(logs, `${name}.log`)}`),
    })
    this.#deployments = deployments
    const pids = () => services.flatMap(({ service }) => deployments.of(service).flatMap(({ pid }) => pid ?? []))
    this.#cpu = new CpuUsage(pids, Math.max(1000, metricsResolutionMs / speed))
    this.#sampler = new Sampler({ store, deployments, cpu: this.#cpu, services })
    onNote(`starting ${services.length} services${cpuLimit ? ' under the CPU limits of the charts' : ''}`)
    deployments.start()
    this.#cpu.start()
    this.#publishing = setInterval(() => this.#sampler?.publishUsage(), Math.max(250, metricsResolutionMs / speed / 4))
    await deployments.ready()
    this.#autoscaler = this.#autoscale(store, services)
  }

  /** One look at every service. */
  async sample(): Promise<Record<string, ServiceSample>> {
    return (await this.#sampler?.sample()) ?? {}
  }

  /** Stops everything, in the order in which nothing is missed by what still runs. */
  async stop(): Promise<void> {
    this.#autoscaler?.stop()
    clearInterval(this.#publishing)
    this.#cpu?.stop()
    await this.#deployments?.stop(drainGraceMs)
    await Promise.all([...this.#balancers.values()].map((balancer) => balancer.close()))
    await this.#api?.close()
    await this.#postgres?.stop()
  }

  /** Kills every process at once; the database is stopped last and cleanly. */
  async abort(): Promise<void> {
    this.#deployments?.kill()
    await this.stop()
  }

  /** Databases migrated and a balancer before each service, so that every address is known before the first replica starts. */
  async #prepare(postgres: Postgres): Promise<ServiceRuntime[]> {
    const { onNote, port, endpointLagMs = 1000 } = this.#options
    const values = await readValues(new URL('charts/', root), profile)
    for (const { service } of values) {
      this.#balancers.set(service, await startBalancer({ port: service === 'gateway' ? port : 0, endpointLagMs }))
    }
    const addresses = new Map(values.map(({ service, name }) => [name, this.#balancers.get(service)?.url ?? '']))
    const migrated = values.filter(({ migration }) => migration.enabled)
    onNote(`migrating ${migrated.map(({ service }) => service).join(', ')}`)
    await Promise.all(
      migrated.map(({ service, migration }) =>
        runMigration(new URL(`services/${service}/migrate.ts`, root), { ...postgres.env(service), ...migration.env }),
      ),
    )
    return values.map((block) => {
      const { service, database } = block
      const balancer = this.#balancers.get(service) as Balancer
      return {
        service,
        values: block,
        main: new URL(`services/${service}/main.ts`, root),
        env: {
          ...environmentOf(block, addresses, database.enabled ? postgres.env(service) : undefined),
          ...(block.serviceAccount.token ? { KUBECONFIG: this.kubeconfigFile } : {}),
        },
        setEndpoints: balancer.setEndpoints,
      }
    })
  }

  #autoscale(store: Store, services: ServiceRuntime[]): Autoscaler {
    const deployments = this.#deployments as Deployments
    return startAutoscaler({
      store,
      namespace,
      speed: this.#options.speed,
      usage: (podName) => {
        const replica = services.flatMap(({ service }) => deployments.of(service)).find(({ name }) => name === podName)
        return replica?.pid === undefined ? undefined : this.#cpu?.of(replica.pid)
      },
      onDecision: ({ atMs, name, from, to, reason }) => {
        const service = services.find(({ service }) => objectName(service) === name)?.service ?? name
        this.#options.onDecision({ atMs, service, from, to, reason })
      },
    })
  }
}
