/** The Kubernetes objects of a service: of what its chart renders, the parts that the local engine acts on. */
import type { HpaSpec } from '@headroom/hpa/spec'
import type { Deployment, Hpa } from './kube/types.ts'
import { container, labelsOf, namespace } from './service-runtime.ts'
import type { ServiceValues } from './values.ts'

export function toDeployment(values: ServiceValues): Deployment {
  const { name, autoscaling, replicas, resources, terminationGracePeriodSeconds } = values
  const labels = labelsOf(values)
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels },
    spec: {
      replicas: autoscaling.enabled ? autoscaling.minReplicas : replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { terminationGracePeriodSeconds, containers: [{ name: container, resources }] } },
    },
  }
}

export function toAutoscaler(values: ServiceValues): Hpa {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: values.name, namespace, labels: labelsOf(values) },
    spec: toHpaSpec(values),
  }
}

/** What the chart's `autoscaling` values say, in the words of the autoscaling/v2 API. */
export function toHpaSpec({ name, autoscaling }: Pick<ServiceValues, 'name' | 'autoscaling'>): HpaSpec {
  const { minReplicas, maxReplicas, targetCPUUtilizationPercentage, behavior } = autoscaling
  const target = { type: 'Utilization' as const, averageUtilization: targetCPUUtilizationPercentage }
  return {
    scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
    minReplicas,
    maxReplicas,
    metrics: [{ type: 'ContainerResource', containerResource: { container, name: 'cpu', target } }],
    ...(behavior && { behavior }),
  }
}
