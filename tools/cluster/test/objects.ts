import type { Hpa, Pod, Workload } from '../kube-types.ts'

/** A healthy pod of the on-sale; `status` is laid over it. */
export function pod(name: string, status: Pod['status'] = {}, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: { name, labels: { 'app.kubernetes.io/name': name.replace(/-\w+$/, '') }, ...metadata },
    spec: { containers: [{ name: 'app', resources: { requests: { cpu: '40m' } } }] },
    status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }], ...status },
  }
}

/** A Deployment that is rolled out. */
export function deployment(name: string, replicas = 1, status: Workload['status'] = {}): Workload {
  return {
    metadata: { name, uid: `uid-${name}`, generation: 2, annotations: { 'deployment.kubernetes.io/revision': '2' } },
    spec: {
      replicas,
      selector: { matchLabels: { 'app.kubernetes.io/name': name } },
      template: { spec: { containers: [{ name: 'app', resources: { requests: { cpu: '40m' } } }] } },
    },
    status: { observedGeneration: 2, replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas, ...status },
  }
}

/** An autoscaler that reads its metric. */
export function hpa(name: string, over: { spec?: Partial<Hpa['spec']>; status?: Partial<Hpa['status']> } = {}): Hpa {
  const cpu = { name: 'cpu', container: 'app' }
  return {
    metadata: { name },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name },
      minReplicas: 1,
      maxReplicas: 4,
      metrics: [{ type: 'ContainerResource', containerResource: { ...cpu, target: { averageUtilization: 60 } } }],
      ...over.spec,
    },
    status: {
      currentReplicas: 1,
      desiredReplicas: 1,
      currentMetrics: [{ type: 'ContainerResource', containerResource: { ...cpu, current: { averageUtilization: 12 } } }],
      conditions: [
        { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale' },
        { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound' },
        { type: 'ScalingLimited', status: 'False', reason: 'DesiredWithinRange' },
      ],
      ...over.status,
    },
  }
}
