import type { Usage } from './cpu-usage.ts'
import { ApiError } from './kube/errors.ts'
import type { Store } from './kube/store.ts'
import type { Metadata, Pod, PodCondition } from './kube/types.ts'
import type { Replica } from './replica.ts'
import { container, labelsOf, namespace, type ServiceRuntime } from './service-runtime.ts'
import type { ServiceValues } from './values.ts'

/** What a pod shows of a replica. */
export type Shown = Pick<Replica, 'name' | 'state' | 'pid' | 'port' | 'opsPort' | 'startedAtMs' | 'readyAtMs'>

/** Shows replicas as pods in the local Kubernetes API, so that whatever watches a cluster can watch this one. */
export class Pods {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Writes the pod of a replica as it is now; a replica that is gone has none. */
  show(replica: Shown, { values }: Pick<ServiceRuntime, 'values'>): void {
    if (replica.state === 'gone') {
      this.remove(replica.name)
      return
    }
    const pod = toPod(replica, values)
    const leaving = replica.state === 'terminating'
    if (this.#store.get('pods', namespace, replica.name)) {
      this.#store.change('pods', namespace, replica.name, (stored) => {
        stored.status = pod.status
        if (leaving) markDeleted(stored.metadata, values.terminationGracePeriodSeconds)
      })
      // A pod that was deleted by force is gone from the API before its process.
    } else if (!leaving) this.#store.create('pods', pod)
  }

  remove(name: string): void {
    for (const kind of ['pods', 'podmetrics'] as const) {
      try {
        this.#store.remove(kind, namespace, name)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
      }
    }
  }

  /** Writes the usage of a pod as metrics-server would. */
  showUsage(name: string, { values }: Pick<ServiceRuntime, 'values'>, { millicores, windowMs, atMs }: Usage): void {
    const metrics = {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { name, namespace, labels: labelsOf(values) },
      timestamp: new Date(atMs).toISOString(),
      window: `${Math.round(windowMs)}ms`,
      containers: [{ name: container, usage: { cpu: `${Math.round(millicores * 1e6)}n` } }],
    }
    if (this.#store.get('podmetrics', namespace, name)) this.#store.replace('podmetrics', metrics)
    else this.#store.create('podmetrics', metrics)
  }
}

/** Kubernetes states when the pod will be killed at the latest, and how long it was given. */
function markDeleted(metadata: Metadata, graceS: number): void {
  if (metadata.deletionTimestamp !== undefined) return
  metadata.deletionTimestamp = new Date(Date.now() + graceS * 1000).toISOString()
  metadata.deletionGracePeriodSeconds = graceS
}

function toPod(replica: Shown, values: ServiceValues): Pod {
  const { service, name, resources, terminationGracePeriodSeconds } = values
  const startedAt = new Date(replica.startedAtMs).toISOString()
  const ready = replica.state === 'ready'
  const readySince = replica.readyAtMs === undefined ? startedAt : new Date(replica.readyAtMs).toISOString()
  const condition = (type: PodCondition['type'], on: boolean, lastTransitionTime: string): PodCondition => ({
    type,
    status: on ? 'True' : 'False',
    lastTransitionTime,
  })
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: replica.name,
      namespace,
      labels: labelsOf(values),
      annotations: { 'headroom.local/pid': String(replica.pid ?? ''), 'headroom.local/ops-port': String(replica.opsPort) },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'ReplicaSet', name, uid: name, controller: true }],
    },
    spec: {
      nodeName: 'localhost',
      terminationGracePeriodSeconds,
      containers: [
        {
          name: container,
          image: `headroom/${service}:local`,
          resources,
          ports: [
            { name: 'http', containerPort: replica.port },
            { name: 'ops', containerPort: replica.opsPort },
          ],
        },
      ],
    },
    status: {
      phase: 'Running',
      startTime: startedAt,
      podIP: '127.0.0.1',
      conditions: [
        condition('PodScheduled', true, startedAt),
        condition('Initialized', true, startedAt),
        condition('ContainersReady', ready, readySince),
        condition('Ready', ready, readySince),
      ],
      containerStatuses: [{ name: container, ready, started: ready, restartCount: 0, state: { running: { startedAt } } }],
    },
  }
}
