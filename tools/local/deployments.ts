import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { milliValue } from '@headroom/hpa/quantity'
import type { Store } from './kube/store.ts'
import type { Pod } from './kube/types.ts'
import type { WatchEvent } from './kube/watch-hub.ts'
import { toAutoscaler, toDeployment } from './objects.ts'
import { Pods } from './pods.ts'
import { freePorts } from './ports.ts'
import { Replica } from './replica.ts'
import { namespace, type ServiceRuntime } from './service-runtime.ts'

/** Where a cluster would run out of nodes: the API accepts any number of replicas, this machine does not. */
const replicasMax = 32

export interface DeploymentsOptions {
  store: Store
  services: ServiceRuntime[]
  /** Folder of one log file per replica. */
  logs: string
  /** Emulate the charts' CPU limits. */
  limitCpu: boolean
  /** A replica ended without being asked to. Another takes its place, as in a cluster, unless all are stopped. */
  onCrash: (replica: Replica) => void
}

/** Keeps as many replicas of each service as its Deployment asks for: what the deployment controller and the kubelet are in a cluster. */
export class Deployments {
  readonly #options: DeploymentsOptions
  readonly #pods: Pods
  readonly #replicas = new Map<ServiceRuntime, Set<Replica>>()
  /** Replicas that are on their way to a process. */
  readonly #coming = new Map<ServiceRuntime, number>()
  #unwatch: (() => void)[] = []
  #stopped = false

  constructor(options: DeploymentsOptions) {
    this.#options = options
    this.#pods = new Pods(options.store)
  }

  /** Creates the Deployments and autoscalers from the values and starts their replicas. */
  start(): void {
    const { store, services } = this.#options
    this.#unwatch = [
      store.watch('deployments', { namespace }, ({ object }) => {
        const runtime = services.find(({ values }) => values.name === object.metadata.name)
        if (runtime) this.#reconcile(runtime)
      }),
      store.watch('pods', { namespace }, (event) => this.#heed(event)),
    ]
    for (const runtime of services) {
      const { values } = runtime
      this.#replicas.set(runtime, new Set())
      store.create('deployments', toDeployment(values))
      if (values.autoscaling.enabled) store.create('horizontalpodautoscalers', toAutoscaler(values))
    }
  }

  /** Every replica of a service that is not gone. */
  of(service: string): Replica[] {
    return [...this.#replicas].flatMap(([runtime, replicas]) => (runtime.service === service ? [...replicas] : []))
  }

  get pods(): Pods {
    return this.#pods
  }

  /** Resolves when each service has the replicas it asks for, all ready; rejects when the signal comes first. */
  async ready(signal: AbortSignal): Promise<void> {
    const isReady = (runtime: ServiceRuntime) => this.#among(runtime, 'ready').length >= this.#wanted(runtime)
    while (!this.#options.services.every(isReady)) await delay(50, undefined, { signal })
  }

  /** Stops every replica at once and resolves when all are gone. Nobody comes any more, so they need not drain. */
  async stop(graceMs: number): Promise<void> {
    this.#end()
    await Promise.all(this.#all().map((replica) => replica.stop(graceMs, 'SIGINT')))
  }

  /** For when there is no time for an orderly end. */
  async kill(): Promise<void> {
    this.#end()
    for (const replica of this.#all()) replica.kill()
    await Promise.all(this.#all().map(({ exited }) => exited))
  }

  #end(): void {
    this.#stopped = true
    for (const unwatch of this.#unwatch) unwatch()
  }

  #all(): Replica[] {
    return [...this.#replicas.values()].flatMap((replicas) => [...replicas])
  }

  #among(runtime: ServiceRuntime, ...states: Replica['state'][]): Replica[] {
    return [...(this.#replicas.get(runtime) ?? [])].filter(({ state }) => states.includes(state))
  }

  #wanted({ values }: ServiceRuntime): number {
    const deployment = this.#options.store.get('deployments', namespace, values.name)
    return Math.min(deployment?.spec.replicas ?? 0, replicasMax)
  }

  #reconcile(runtime: ServiceRuntime): void {
    if (this.#stopped) return
    const running = this.#among(runtime, 'starting', 'ready')
    const missing = this.#wanted(runtime) - running.length - (this.#coming.get(runtime) ?? 0)
    for (let i = 0; i < missing; i++) void this.#add(runtime)
    // As the ReplicaSet controller chooses: those not ready yet go first, then the youngest.
    const victims = running.sort((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready') || b.startedAtMs - a.startedAtMs)
    for (const replica of victims.slice(0, Math.max(0, -missing))) void replica.stop(graceMsOf(runtime))
  }

  async #add(runtime: ServiceRuntime): Promise<void> {
    const { values, main, env } = runtime
    this.#coming.set(runtime, (this.#coming.get(runtime) ?? 0) + 1)
    const ports = await freePorts(2)
    this.#coming.set(runtime, (this.#coming.get(runtime) ?? 1) - 1)
    if (this.#stopped) return
    const name = `${values.name}-${randomBytes(3).toString('hex')}`
    const replica = new Replica(
      {
        name,
        main,
        env,
        cpuLimitMillicores: this.#options.limitCpu ? milliValue(values.resources.limits.cpu) : 0,
        logFile: join(this.#options.logs, `${name}.log`),
        onChange: (changed) => this.#changed(changed, runtime),
      },
      ports,
    )
    this.#replicas.get(runtime)?.add(replica)
    this.#changed(replica, runtime)
  }

  #changed(replica: Replica, runtime: ServiceRuntime): void {
    if (replica.state === 'gone') this.#replicas.get(runtime)?.delete(replica)
    if (this.#stopped) return
    const { onCrash } = this.#options
    this.#pods.show(replica, runtime)
    const ready = this.#among(runtime, 'ready')
    runtime.setEndpoints(ready.map(({ port }) => ({ port })))
    this.#showStatus(runtime, ready.length)
    if (replica.failure) onCrash(replica)
    this.#reconcile(runtime)
  }

  #showStatus(runtime: ServiceRuntime, ready: number): void {
    const { store } = this.#options
    const { name } = runtime.values
    // Somebody may have deleted it.
    if (!store.get('deployments', namespace, name)) return
    const replicas = this.#among(runtime, 'starting', 'ready').length
    store.change('deployments', namespace, name, (deployment) => {
      deployment.status = { replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready }
    })
  }

  /** A pod that is deleted through the API is a replica that has to go; another takes its place. */
  #heed({ type, object: { metadata } }: WatchEvent<Pod>): void {
    if (type !== 'DELETED' && metadata.deletionTimestamp === undefined) return
    const replica = this.#all().find(({ name }) => name === metadata.name)
    if (type === 'DELETED') {
      void replica?.stop(0)
      replica?.kill()
    } else if (replica) void replica.stop((metadata.deletionGracePeriodSeconds ?? 0) * 1000)
    // There is no process behind a pod that was created by hand, so nobody else would ever remove it.
    else this.#pods.remove(metadata.name)
  }
}

function graceMsOf({ values }: ServiceRuntime): number {
  return values.terminationGracePeriodSeconds * 1000
}
