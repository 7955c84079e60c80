/** Objects the tests of the API share. */
import type { Deployment, Hpa, KubeEvent, Lease, Pod } from '../../kube/types.ts'

export function pod(name: string, labels: Record<string, string> = { app: 'orders' }): Pod {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'default', labels },
    spec: { containers: [{ name: 'app', resources: { requests: { cpu: '100m' } } }] },
    status: {
      phase: 'Running',
      startTime: new Date().toISOString(),
      conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: new Date().toISOString() }],
      containerStatuses: [{ name: 'app', ready: true, restartCount: 0 }],
    },
  }
}

export function deployment(name: string, replicas: number): Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default', labels: { app: name } },
    spec: {
      replicas,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'app' }] } },
    },
    status: { replicas, readyReplicas: replicas, updatedReplicas: replicas, availableReplicas: replicas },
  }
}

export function hpa(name: string): Hpa {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'default' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicas: 2,
      maxReplicas: 8,
      metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 60 } } }],
    },
  }
}

export function event(name: string): KubeEvent {
  const now = new Date().toISOString()
  return {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { name, namespace: 'default' },
    involvedObject: { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', name: 'orders', namespace: 'default' },
    type: 'Normal',
    reason: 'SuccessfulRescale',
    message: 'New size: 4; reason: cpu resource utilization (percentage of request) above target',
    source: { component: 'horizontal-pod-autoscaler' },
    firstTimestamp: now,
    lastTimestamp: now,
    count: 1,
  }
}

export function lease(name: string): Lease {
  return { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name, namespace: 'default' }, spec: { holderIdentity: 'a' } }
}
