import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { milliValue } from '@headroom/hpa/quantity'
import type { Store } from './kube/store.ts'
import type { Deployment, Hpa } from './kube/types.ts'
import { Pods } from './pods.ts'
import { Replica } from './replica.ts'
import { labelsOf, namespace, objectName, type ServiceRuntime } from './service-runtime.ts'
import type { ServiceValues } from './values.ts'

export interface DeploymentsOptions {
  store: Store
  services: ServiceRuntime[]
  /** Folder of one log file per replica. */
  logs: string
  /** Emulate the charts' CPU limits. */
  limitCpu: boolean
  /** A replica ended without being asked to. */
  onCrash: (replica: Replica) => void
}

/** Keeps as many replicas of each service as its Deployment asks for: what the deployment controller and the kubelet are in a cluster. */
export class Deployments {
  readonly #options: DeploymentsOptions
  readonly #pods: Pods
  readonly #replicas = new Map<string, Set<Replica>>()
  readonly #starting = new Map<string, number>()
  #unwatch: (() => void) | undefined
  #stopped = false

  constructor(options: DeploymentsOptions) {
    this.#options = options
    this.#pods = new Pods(options.store)
  }

  /** Creates the Deployments and autoscalers from the values and starts their replicas. */
  start(): void {
    const { store, services } = this.#options
    this.#unwatch = store.watch(
      'deployments',
      {},
      ({ object }) => void this.#reconcile(object.metadata.labels?.['app.kubernetes.io/name'] ?? ''),
    )
    for (const { service, values } of services) {
      this.#replicas.set(service, new Set())
      store.create('deployments', toDeployment(service, values))
      if (values.autoscaling.enabled) store.create('horizontalpodautoscalers', toAutoscaler(service, values))
    }
  }

  /** Every replica that is not gone. */
  of(service: string): Replica[] {
    return [...(this.#replicas.get(service) ?? [])]
  }

  get pods(): Pods {
    return this.#pods
  }

  /** Resolves when each service has the replicas it asks for, all ready. */
  async ready(): Promise<void> {
    const { services } = this.#options
    while (!services.every(({ service }) => this.#wanted(service) <= this.of(service).filter(({ state }) => state === 'ready').length)) {
      if (this.#stopped) return
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  async stop(graceMs: number): Promise<void> {
    this.#stopped = true
    this.#unwatch?.()
    await Promise.all([...this.#replicas.values()].flatMap((set) => [...set].map((replica) => replica.stop(graceMs))))
  }

  /** At once, for when there is no time to drain. */
  kill(): void {
    this.#stopped = true
    for (const set of this.#replicas.values()) for (const replica of set) replica.kill()
  }

  #wanted(service: string): number {
    return this.#options.store.get('deployments', namespace, objectName(service))?.spec.replicas ?? 0
  }

  async #reconcile(service: string): Promise<void> {
    if (this.#stopped) return
    const running = this.of(service).filter(({ state }) => state === 'starting' || state === 'ready')
    const coming = this.#starting.get(service) ?? 0
    const missing = this.#wanted(service) - running.length - coming
    for (let i = 0; i < missing; i++) void this.#add(service)
    // As the ReplicaSet controller chooses: those not ready yet go first, then the youngest.
    const victims = running.sort((a, b) => Number(a.state === 'ready') - Number(b.state === 'ready') || b.startedAtMs - a.startedAtMs)
    for (const replica of victims.slice(0, Math.max(0, -missing))) void replica.stop(30_000)
  }

  async #add(service: string): Promise<void> {
    const runtime = this.#options.services.find((candidate) => candidate.service === service)
    if (!runtime) throw new Error(`no service is called ${service}`)
    this.#starting.set(service, (this.#starting.get(service) ?? 0) + 1)
    const name = `${objectName(service)}-${randomBytes(3).toString('hex')}`
    const replica = await Replica.start({
      name,
      main: runtime.main,
      env: runtime.env,
      cpuLimitMillicores: this.#options.limitCpu ? milliValue(runtime.values.resources.limits.cpu) : 0,
      logFile: join(this.#options.logs, `${name}.log`),
      onChange: (changed) => this.#changed(changed, runtime),
    })
    this.#starting.set(service, (this.#starting.get(service) ?? 1) - 1)
    if (replica.state !== 'gone') this.#replicas.get(service)?.add(replica)
    if (this.#stopped) return replica.kill()
    this.#changed(replica, runtime)
  }

  #changed(replica: Replica, runtime: ServiceRuntime): void {
    const { service } = runtime
    if (replica.state === 'gone') this.#replicas.get(service)?.delete(replica)
    if (this.#stopped) return
    this.#pods.show(replica, runtime)
    const ready = this.of(service).filter(({ state }) => state === 'ready')
    runtime.setEndpoints(ready.map(({ port }) => ({ port })))
    this.#options.store.change('deployments', namespace, objectName(service), (deployment) => {
      const replicas = this.of(service).filter(({ state }) => state !== 'terminating').length
      deployment.status = { replicas, updatedReplicas: replicas, readyReplicas: ready.length, availableReplicas: ready.length }
    })
    if (replica.failure) this.#options.onCrash(replica)
  }
}

function toDeployment(service: string, { autoscaling, replicas, resources }: ServiceValues): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: objectName(service), namespace, labels: labelsOf(service) },
    spec: {
      replicas: autoscaling.enabled ? autoscaling.minReplicas : replicas,
      selector: { matchLabels: labelsOf(service) },
      template: { metadata: { labels: labelsOf(service) }, spec: { containers: [{ name: service, resources }] } },
    },
  }
}

function toAutoscaler(service: string, { autoscaling }: ServiceValues): Hpa {
  const { minReplicas, maxReplicas, targetCPUUtilizationPercentage, behavior } = autoscaling
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: objectName(service), namespace, labels: labelsOf(service) },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: objectName(service) },
      minReplicas,
      maxReplicas,
      metrics: [
        {
          type: 'ContainerResource',
          containerResource: {
            name: 'cpu',
            container: service,
            target: { type: 'Utilization', averageUtilization: targetCPUUtilizationPercentage },
          },
        },
      ],
      ...(behavior === undefined ? {} : { behavior }),
    } as Hpa['spec'],
  }
}
