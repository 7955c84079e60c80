import { ApiError } from './kube/errors.ts'
import type { Store } from './kube/store.ts'
import type { Pod, PodCondition } from './kube/types.ts'
import type { Replica } from './replica.ts'
import { labelsOf, namespace, objectName, type ServiceRuntime } from './service-runtime.ts'

/** Shows replicas as pods in the local Kubernetes API, so that whatever watches a cluster can watch this one. */
export class Pods {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Writes the pod of a replica as it is now; a replica that is gone has none. */
  show(replica: Replica, { service, values }: ServiceRuntime): void {
    if (replica.state === 'gone') {
      this.#remove(replica.name)
      return
    }
    const pod = toPod(replica, service, values.resources)
    if (this.#store.get('pods', namespace, replica.name)) {
      this.#store.change('pods', namespace, replica.name, (stored) => {
        stored.status = pod.status
        if (replica.state === 'terminating') stored.metadata.deletionTimestamp ??= new Date().toISOString()
      })
    } else this.#store.create('pods', pod)
  }

  #remove(name: string): void {
    for (const kind of ['pods', 'podmetrics'] as const) {
      try {
        this.#store.remove(kind, namespace, name)
      } catch (error) {
        if (!(error instanceof ApiError)) throw error
      }
    }
  }

  /** Writes the usage of a pod as metrics-server would. */
  showUsage(name: string, service: string, millicores: number, windowMs: number, atMs: number): void {
    const metrics = {
      apiVersion: 'metrics.k8s.io/v1beta1',
      kind: 'PodMetrics',
      metadata: { name, namespace, labels: labelsOf(service) },
      timestamp: new Date(atMs).toISOString(),
      window: `${Math.round(windowMs)}ms`,
      containers: [{ name: service, usage: { cpu: `${Math.round(millicores * 1e6)}n` } }],
    }
    if (this.#store.get('podmetrics', namespace, name)) this.#store.replace('podmetrics', metrics)
    else this.#store.create('podmetrics', metrics)
  }
}

function toPod(replica: Replica, service: string, resources: Pod['spec']['containers'][0]['resources']): Pod {
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
      labels: labelsOf(service),
      annotations: { 'headroom.local/pid': String(replica.pid ?? ''), 'headroom.local/ops-port': String(replica.opsPort) },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: objectName(service), uid: objectName(service), controller: true },
      ],
    },
    spec: {
      nodeName: 'localhost',
      containers: [
        {
          name: service,
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
      containerStatuses: [{ name: service, ready, started: ready, restartCount: 0, state: { running: { startedAt } } }],
    },
  }
}
