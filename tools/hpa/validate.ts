import { milliValue, type Quantity } from './quantity.ts'
import type { HpaSpec, MetricSpec, MetricTarget, ScalingRules } from './spec.ts'

const STABILIZATION_WINDOW_SECONDS_MAX = 3600
const POLICY_PERIOD_SECONDS_MAX = 1800

/**
 * The refusals of the API server that matter here, each as a sentence naming the field. An empty list means valid.
 * https://github.com/kubernetes/kubernetes/blob/v1.33.0/pkg/apis/autoscaling/validation/validation.go
 */
export function validate(spec: HpaSpec): string[] {
  const minReplicas = spec.minReplicas ?? 1
  const problems: string[] = []
  if (!Number.isInteger(minReplicas) || minReplicas < 0) problems.push('spec.minReplicas must be a whole number, 0 or more')
  if (!Number.isInteger(spec.maxReplicas) || spec.maxReplicas < 1) problems.push('spec.maxReplicas must be a whole number, 1 or more')
  if (spec.maxReplicas < minReplicas) problems.push('spec.maxReplicas must not be less than spec.minReplicas')
  const metrics = spec.metrics ?? []
  metrics.forEach((metric, index) => {
    problems.push(...metricProblems(metric, `spec.metrics[${index}]`))
  })
  // Only a metric that exists without pods can say when to leave zero replicas.
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    problems.push('spec.minReplicas 0 needs at least one Object or External metric')
  }
  problems.push(...rulesProblems(spec.behavior?.scaleUp, 'spec.behavior.scaleUp'))
  problems.push(...rulesProblems(spec.behavior?.scaleDown, 'spec.behavior.scaleDown'))
  return problems
}

/** The target of a metric, wherever its type keeps it; undefined for a type this package does not know. */
export function targetOf(metric: MetricSpec): MetricTarget | undefined {
  switch (metric.type) {
    case 'Resource':
      return metric.resource?.target
    case 'ContainerResource':
      return metric.containerResource?.target
    case 'Pods':
      return metric.pods?.target
    case 'Object':
      return metric.object?.target
    case 'External':
      return metric.external?.target
  }
}

function metricProblems(metric: MetricSpec, path: string): string[] {
  const target = targetOf(metric)
  if (target === undefined) return [`${path} needs a type and the matching block with a target`]
  const { averageUtilization, averageValue, value } = target
  const problems: string[] = []
  if (averageUtilization !== undefined && !(averageUtilization > 0)) problems.push(`${path}: averageUtilization must be greater than 0`)
  if (averageValue !== undefined && !isPositive(averageValue)) problems.push(`${path}: averageValue must be a quantity greater than 0`)
  if (value !== undefined && !isPositive(value)) problems.push(`${path}: value must be a quantity greater than 0`)
  if (averageUtilization === undefined && averageValue === undefined && value === undefined) problems.push(`${path} sets no target value`)
  return problems
}

function rulesProblems(rules: ScalingRules | undefined, path: string): string[] {
  if (rules === undefined) return []
  const problems: string[] = []
  const window = rules.stabilizationWindowSeconds ?? 0
  if (window < 0 || window > STABILIZATION_WINDOW_SECONDS_MAX) {
    problems.push(`${path}.stabilizationWindowSeconds must be from 0 to ${STABILIZATION_WINDOW_SECONDS_MAX}`)
  }
  if (rules.tolerance !== undefined && !(isPositive(rules.tolerance) || Number(rules.tolerance) === 0)) {
    problems.push(`${path}.tolerance must be a quantity, 0 or more`)
  }
  if (rules.selectPolicy !== undefined && !['Max', 'Min', 'Disabled'].includes(rules.selectPolicy)) {
    problems.push(`${path}.selectPolicy must be Max, Min or Disabled`)
  }
  if (rules.policies?.length === 0) problems.push(`${path}.policies must hold at least one policy`)
  rules.policies?.forEach((policy, index) => {
    const at = `${path}.policies[${index}]`
    if (policy.type !== 'Pods' && policy.type !== 'Percent') problems.push(`${at}.type must be Pods or Percent`)
    if (!(policy.value > 0)) problems.push(`${at}.value must be greater than 0`)
    if (!(policy.periodSeconds > 0 && policy.periodSeconds <= POLICY_PERIOD_SECONDS_MAX)) {
      problems.push(`${at}.periodSeconds must be from 1 to ${POLICY_PERIOD_SECONDS_MAX}`)
    }
  })
  return problems
}

function isPositive(quantity: Quantity): boolean {
  try {
    return milliValue(quantity) > 0
  } catch {
    return false
  }
}
