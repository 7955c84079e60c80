/**
 * The `spec` of an autoscaling/v2 HorizontalPodAutoscaler, field names exactly as in Kubernetes, and the API server's
 * defaults for it: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/horizontal-pod-autoscaler-v2/
 */
import type { Quantity } from './quantity.ts'

export interface MetricTarget {
  type: 'Utilization' | 'AverageValue' | 'Value'
  averageUtilization?: number
  averageValue?: Quantity
  value?: Quantity
}

export interface MetricIdentifier {
  name: string
  selector?: { matchLabels?: Record<string, string> }
}

export interface ObjectReference {
  apiVersion?: string
  kind: string
  name: string
}

export type MetricSpec =
  | { type: 'Resource'; resource: { name: string; target: MetricTarget } }
  | { type: 'ContainerResource'; containerResource: { name: string; container: string; target: MetricTarget } }
  | { type: 'Pods'; pods: { metric: MetricIdentifier; target: MetricTarget } }
  | { type: 'Object'; object: { describedObject: ObjectReference; metric: MetricIdentifier; target: MetricTarget } }
  | { type: 'External'; external: { metric: MetricIdentifier; target: MetricTarget } }

export interface ScalingPolicy {
  type: 'Pods' | 'Percent'
  value: number
  periodSeconds: number
}

export interface ScalingRules {
  stabilizationWindowSeconds?: number
  selectPolicy?: 'Max' | 'Min' | 'Disabled'
  policies?: ScalingPolicy[]
  tolerance?: Quantity
}

export interface HpaSpec {
  scaleTargetRef: ObjectReference
  minReplicas?: number
  maxReplicas: number
  metrics?: MetricSpec[]
  behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules }
}

/** Rules whose fields are all decided; tolerance stays open because its default is a flag of the controller. */
export interface DefaultedRules {
  stabilizationWindowSeconds: number
  selectPolicy: 'Max' | 'Min' | 'Disabled'
  policies: ScalingPolicy[]
  tolerance?: Quantity
}

export interface DefaultedSpec extends HpaSpec {
  minReplicas: number
  metrics: MetricSpec[]
  behavior?: { scaleUp: DefaultedRules; scaleDown: DefaultedRules }
}

/** The flags of kube-controller-manager that the rules depend on (`--horizontal-pod-autoscaler-*`). */
export interface ControllerFlags {
  syncPeriodMs: number
  toleranceRatio: number
  downscaleStabilizationMs: number
  cpuInitializationPeriodMs: number
  initialReadinessDelayMs: number
}

/** https://kubernetes.io/docs/reference/command-line-tools-reference/kube-controller-manager/ */
export const DEFAULT_FLAGS: Readonly<ControllerFlags> = {
  syncPeriodMs: 15_000,
  toleranceRatio: 0.1,
  downscaleStabilizationMs: 300_000,
  cpuInitializationPeriodMs: 300_000,
  initialReadinessDelayMs: 30_000,
}

const DEFAULT_CPU_UTILIZATION_PERCENT = 80

/**
 * Fills in what the API server and the controller would. An absent `behavior` stays absent, as in Kubernetes: the
 * controller then allows max(2 x current, 4) replicas per decision and applies its own down-scale window.
 */
export function withDefaults(spec: HpaSpec, flags: ControllerFlags = DEFAULT_FLAGS): DefaultedSpec {
  const { behavior, ...rest } = spec
  return {
    ...rest,
    minReplicas: spec.minReplicas ?? 1,
    metrics: spec.metrics?.length ? spec.metrics : [defaultMetric()],
    ...(behavior && {
      behavior: { scaleUp: scaleUpRules(behavior.scaleUp), scaleDown: scaleDownRules(behavior.scaleDown, flags) },
    }),
  }
}

function defaultMetric(): MetricSpec {
  return {
    type: 'Resource',
    resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: DEFAULT_CPU_UTILIZATION_PERCENT } },
  }
}

// https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/apis/autoscaling/v2/defaults.go
function scaleUpRules(rules: ScalingRules = {}): DefaultedRules {
  return {
    ...rules,
    stabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? 0,
    selectPolicy: rules.selectPolicy ?? 'Max',
    policies: rules.policies ?? [
      { type: 'Pods', value: 4, periodSeconds: 15 },
      { type: 'Percent', value: 100, periodSeconds: 15 },
    ],
  }
}

function scaleDownRules(rules: ScalingRules = {}, flags: ControllerFlags): DefaultedRules {
  return {
    ...rules,
    stabilizationWindowSeconds: rules.stabilizationWindowSeconds ?? flags.downscaleStabilizationMs / 1000,
    selectPolicy: rules.selectPolicy ?? 'Max',
    policies: rules.policies ?? [{ type: 'Percent', value: 100, periodSeconds: 15 }],
  }
}
