import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ServiceSample } from '@headroom/report/sample'
import { type Autoscaler, startAutoscaler } from './autoscaler.ts'
import type { Balancer } from './balancer.ts'
import { startBalancers } from './balancers.ts'
import { CpuUsage } from './cpu-usage.ts'
import { Deployments } from './deployments.ts'
import type { EngineOptions } from './engine-options.ts'
import { environmentOf, inheritedFrom } from './environment.ts'
import { type KubeApi, serveKube } from './kube/server.ts'
import { Store } from './kube/store.ts'
import { runMigration } from './migrations.ts'
import { type Postgres, startPostgres } from './postgres.ts'
import type { Replica } from './replica.ts'
import { Sampler } from './sampler.ts'
import { namespace, type ServiceRuntime } from './service-runtime.ts'
import { readValues, type ServiceValues, startingWith } from './values.ts'

const profile = 'kind'
/** Resolution of metrics-server in k8s/, before the clock is sped up. */
const metricsResolutionMs = 15_000
const stopGraceMs = 5000

type Running = { store: Store; services: ServiceRuntime[] }

/** The whole on-sale on this machine: Postgres, the services' replicas, their balancers, the Kubernetes API and the autoscaler. */
export class Engine {
  readonly #options: EngineOptions
  readonly #balancers = new Map<string, Balancer>()
  #postgres: Postgres | undefined
  #api: KubeApi | undefined
  #autoscaler: Autoscaler | undefined
  #running: Running | undefined
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

  /** The live page; empty where the on-sale has no observer. */
  get pageUrl(): string {
    return this.#balancers.get('observer')?.url ?? ''
  }

  /** Superuser's libpq variables, for the invariants checker. */
  get databaseEnv(): Record<string, string> {
    return this.#postgres?.superuserEnv ?? {}
  }

  get postgres(): Postgres {
    return this.#postgres as Postgres
  }

  /** Every service and its chart's values; empty before `start` has resolved. */
  get runtimes(): ServiceRuntime[] {
    return this.#running?.services ?? []
  }

  /** The replicas of a service that are not gone. */
  replicasOf(service: string): Replica[] {
    return this.#deployments?.of(service) ?? []
  }

  get kubeconfigFile(): string {
    return join(this.#options.out, 'kubeconfig')
  }

  /** Resolves when every service is ready; rejects when the signal comes first. Whatever it has started by then, `abort` stops. */
  async start(signal: AbortSignal): Promise<void> {
    const { root, out, onNote, cpuLimit, speed } = this.#options
    const { replicas = {}, port, endpointLagMs = 1000 } = this.#options
    const charts = await readValues(new URL('charts/', root), profile)
    const values = charts.map((block) => startingWith(block, replicas[block.service]))
    const logs = join(out, 'logs')
    mkdirSync(logs, { recursive: true })
    // First what can fail at once: a port in use is told before a database is made.
    await startBalancers(values, port, endpointLagMs, this.#balancers)
    const services = await this.#prepare(values, logs, signal)
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
    signal.throwIfAborted()
    onNote(`starting ${services.length} services${cpuLimit ? ' under the CPU limits of the charts' : ''}`)
    deployments.start()
    this.#cpu.start()
    this.#publishing = setInterval(() => this.#sampler?.publishUsage(), Math.max(250, metricsResolutionMs / speed / 4))
    await deployments.ready(signal)
    this.#running = { store, services }
  }

  /** From now on the autoscaler looks; `start` has resolved before. */
  autoscale(): void {
    const { store, services } = this.#running as Running
    const deployments = this.#deployments as Deployments
    this.#autoscaler = startAutoscaler({
      store,
      namespace,
      speed: this.#options.speed,
      usage: (podName) => {
        const replica = services.flatMap(({ service }) => deployments.of(service)).find(({ name }) => name === podName)
        return replica?.pid === undefined ? undefined : this.#cpu?.of(replica.pid)
      },
      onDecision: ({ atMs, name, from, to, reason }) => {
        const service = services.find(({ values }) => values.name === name)?.service ?? name
        this.#options.onDecision({ atMs, service, from, to, reason })
      },
    })
  }

  /** One look at every service. @param originMs what the times in it count from, on the wall clock */
  async sample(originMs: number): Promise<Record<string, ServiceSample>> {
    return (await this.#sampler?.sample(originMs)) ?? {}
  }

  /** Stops everything, in the order in which nothing is missed by what still runs. */
  async stop(): Promise<void> {
    this.#autoscaler?.stop()
    clearInterval(this.#publishing)
    this.#cpu?.stop()
    await this.#deployments?.stop(stopGraceMs)
    await Promise.all([...this.#balancers.values()].map((balancer) => balancer.close()))
    await this.#api?.close()
    await this.#postgres?.stop()
  }

  /** Kills every process at once; the database is stopped last and cleanly. */
  async abort(): Promise<void> {
    await this.#deployments?.kill()
    await this.stop()
  }

  /** Databases made and migrated, and what each service's replicas are started with. */
  async #prepare(values: ServiceValues[], logs: string, signal: AbortSignal): Promise<ServiceRuntime[]> {
    const { root, out, onNote } = this.#options
    const stored = values.filter(({ database }) => database.enabled).map(({ service }) => service)
    if (stored.length > 0) {
      const [dataFolder, logFile] = [join(out, 'postgres'), join(logs, 'postgres.log')]
      this.#postgres = await startPostgres({ dataFolder, logFile, services: stored, onProgress: onNote, signal })
    }
    const runtimes = values.map((block) => this.#runtimeOf(block, values))
    const migrated = runtimes.filter(({ values: { migration } }) => migration.enabled)
    if (migrated.length > 0) onNote(`migrating ${migrated.map(({ service }) => service).join(', ')}`)
    await Promise.all(
      migrated.map(({ service, env, values: { migration } }) =>
        runMigration(new URL(`services/${service}/migrate.ts`, root), { ...env, ...migration.env }, signal),
      ),
    )
    return runtimes
  }

  #runtimeOf(block: ServiceValues, all: ServiceValues[]): ServiceRuntime {
    const { service, database, serviceAccount } = block
    const { root, env = {}, between = (_name, port) => port } = this.#options
    const portOf = (service: string) => between(service, this.#balancers.get(service)?.port ?? 0)
    const addresses = new Map(all.map(({ service, name }) => [name, `http://127.0.0.1:${portOf(service)}`]))
    const libpq = database.enabled ? this.#postgres?.env(service) : undefined
    const balancer = this.#balancers.get(service) as Balancer
    return {
      service,
      values: block,
      main: new URL(`services/${service}/main.ts`, root),
      env: {
        ...inheritedFrom(process.env),
        ...environmentOf(block, addresses, libpq && { ...libpq, PGPORT: String(between('postgres', Number(libpq.PGPORT))) }),
        ...(serviceAccount.token ? { KUBECONFIG: this.kubeconfigFile } : {}),
        ...env[service],
      },
      setEndpoints: balancer.setEndpoints,
    }
  }
}
