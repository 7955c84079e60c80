import type { Autoscaler } from './objects.ts'

/** An autoscaler in figures. */
export interface Autoscaling {
  /** Name of the Deployment that it scales. */
  deployment: string
  current: number
  desired: number
  max: number
  /** True while it wants more than its maximum. */
  limited: boolean
}

/** Every Deployment's autoscaler as the caches show it; as many as there are services. */
export function autoscalingOf(autoscalers: readonly Autoscaler[]): Autoscaling[] {
  return autoscalers.flatMap(({ spec, status }) =>
    spec?.scaleTargetRef.kind === 'Deployment'
      ? [
          {
            deployment: spec.scaleTargetRef.name,
            current: status?.currentReplicas ?? 0,
            desired: status?.desiredReplicas ?? 0,
            max: spec.maxReplicas,
            limited: isAtMaximum(status),
          },
        ]
      : [],
  )
}

/** ScalingLimited is also True at the minimum and while a policy slows a step down: the reason tells. */
function isAtMaximum(status: Autoscaler['status']): boolean {
  return (status?.conditions ?? []).some(
    ({ type, status, reason }) => type === 'ScalingLimited' && status === 'True' && reason === 'TooManyReplicas',
  )
}
