import { pick, type Random } from '@headroom/load/random'
import type { Store } from '@headroom/local/kube/store'
import type { Deployment, Hpa, KubeEvent, Pod } from '@headroom/local/kube/types'

const namespace = 'shop'
const services = ['catalog', 'inventory', 'orders']
const podsMax = 30

/** The parts of the observer's GET /fleet that its objects decide. */
export interface Fleet {
  access: string
  stale: boolean
  staleForS: number | null
  services: { name: string; current: number; desired: number; ready: number; pods: { name: string; state: string }[] }[]
}

/** A fleet without processes: its objects change as a busy cluster's do. */
export class PaperFleet {
  readonly #store: Store
  readonly #random: Random
  #made = 0

  constructor(store: Store, random: Random) {
    this.#store = store
    this.#random = random
    for (const name of services) {
      store.create('deployments', deployment(name))
      store.create('horizontalpodautoscalers', autoscaler(name))
      for (let i = 0; i < 3; i++) this.#addPod(name)
    }
  }

  /** One change of each kind: a pod comes, becomes ready or goes, and its Deployment, autoscaler and an event tell of it. */
  change(): void {
    const name = pick(services, this.#random)
    const pods = this.#store.list('pods').items
    if (pods.length >= podsMax) this.#store.remove('pods', namespace, pick(pods, this.#random).metadata.name)
    else this.#addPod(name)
    const some = pick(this.#store.list('pods').items, this.#random)
    const ready = this.#random() < 0.7 ? 'True' : 'False'
    this.#store.change('pods', namespace, some.metadata.name, (pod) => {
      pod.status = { phase: 'Running', conditions: [{ type: 'Ready', status: ready, lastTransitionTime: new Date().toISOString() }] }
    })
    const replicas = this.#store.list('pods').items.filter(({ metadata }) => metadata.labels?.app === name).length
    this.#store.change('deployments', namespace, name, (object) => {
      object.status = { replicas, readyReplicas: Math.floor(this.#random() * replicas) }
    })
    this.#store.change('horizontalpodautoscalers', namespace, name, (object) => {
      object.status = { desiredReplicas: replicas + 1 }
    })
    this.#store.create('events', rescaled(name, ++this.#made, replicas))
  }

  #addPod(name: string): void {
    this.#store.create('pods', pod(name, `${name}-${++this.#made}`))
  }
}

/**
 * What a fleet shows otherwise than the API's objects say.
 * @returns a sentence for each difference
 */
export function differences(fleet: Pick<Fleet, 'services'>, store: Store): string[] {
  const shown = fleet.services.map(({ name, current, desired, ready, pods }) => {
    return `${name}: ${current} of ${desired}, ${ready} ready: ${pods.map(({ name, state }) => `${name} ${state}`).sort()}`
  })
  const pods = store.list('pods').items
  const stored = store.list('deployments').items.map(({ metadata: { name }, spec, status }) => {
    const desired = store.get('horizontalpodautoscalers', namespace, name)?.status?.desiredReplicas || (spec.replicas ?? 1)
    const own = pods.filter(({ metadata }) => metadata.labels?.app === name)
    const states = own.map((pod) => `${pod.metadata.name} ${isReady(pod) ? 'ready' : 'starting'}`).sort()
    return `${name}: ${status?.replicas ?? 0} of ${desired}, ${status?.readyReplicas ?? 0} ready: ${states}`
  })
  return [
    ...stored.filter((line) => !shown.includes(line)).map((line) => `not shown: ${line}`),
    ...shown.filter((line) => !stored.includes(line)).map((line) => `not true: ${line}`),
  ]
}

function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
}

function deployment(name: string): Deployment {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { spec: { containers: [{ name: 'app' }] } } },
  }
}

function autoscaler(name: string): Hpa {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace },
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, minReplicas: 1, maxReplicas: 10 },
  }
}

function pod(app: string, name: string): Pod {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace, labels: { app } }, spec: { containers: [{ name: 'app' }] } }
}

function rescaled(name: string, number: number, size: number): KubeEvent {
  const now = new Date().toISOString()
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name: `${name}.${number}`, namespace },
    involvedObject: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name, namespace },
    type: 'Normal',
    reason: 'SuccessfulRescale',
    message: `New size: ${size}; reason: All metrics below target`,
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  }
}
