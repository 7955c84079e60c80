import { ApiError } from './errors.ts'
import { selectorText } from './selectors.ts'
import type { Deployment, KubeObject } from './types.ts'

/** The autoscaling/v1 Scale of a deployment. */
export function scaleOf({ metadata, spec, status }: Deployment): KubeObject {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata
  return {
    apiVersion: 'autoscaling/v1',
    kind: 'Scale',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: spec.replicas ?? 1 },
    status: { replicas: status?.replicas ?? 0, selector: selectorText(spec.selector.matchLabels) },
  }
}

/** The deployment that a written Scale asks for. Throws an ApiError 422 for a replica count that is none. */
export function deploymentFromScale(scale: KubeObject, deployment: Deployment): Deployment {
  const replicas = (scale.spec as { replicas?: unknown } | undefined)?.replicas ?? 0
  if (typeof replicas !== 'number' || !Number.isInteger(replicas) || replicas < 0) {
    throw new ApiError(422, 'Invalid', 'Scale is invalid: spec.replicas must be a whole number, 0 or more')
  }
  const { resourceVersion } = scale.metadata
  return { ...deployment, metadata: { ...deployment.metadata, resourceVersion }, spec: { ...deployment.spec, replicas } }
}
