/** Policies to replay a recording with: what ruled, changed in a few numbers. */
import type { HpaSpec, MetricSpec } from '@headroom/hpa/spec'
import { targetOf, validate } from '@headroom/hpa/validate'
import { isMap, listOf, number, optional, shape, text, whole } from './checks.ts'
import { readYaml, UsageError } from './input-file.ts'
import type { RecordedSpec, Recording } from './recording-format.ts'
import { withTarget } from './recording-lines.ts'

const POLICIES_MAX = 20
/** How far the default variants move the CPU target, in points. */
const TARGET_STEP_POINTS = 20

/** One variant: what it does not name stays as it was. */
export interface Policy {
  name: string
  /** CPU utilization, percent of the request. */
  targetPercent?: number
  /** Added to the target that ruled; only the default variants say it so. */
  targetPoints?: number
  behavior?: HpaSpec['behavior']
  minReplicas?: number
  maxReplicas?: number
}

export const ruled: Policy = { name: 'as it ruled' }

/** The variants when no file names others. */
export const defaultPolicies: Policy[] = [
  { name: `target +${TARGET_STEP_POINTS} points`, targetPoints: TARGET_STEP_POINTS },
  { name: `target -${TARGET_STEP_POINTS} points`, targetPoints: -TARGET_STEP_POINTS },
  { name: 'no stabilization', behavior: { scaleUp: { stabilizationWindowSeconds: 0 }, scaleDown: { stabilizationWindowSeconds: 0 } } },
]

const behavior = optional((value, path) =>
  isMap(value) ? shape({ scaleUp: rules, scaleDown: rules }, true)(value, path) : `${path} must be a map`,
)
const rules = optional(
  shape(
    {
      stabilizationWindowSeconds: optional(whole()),
      selectPolicy: optional(text()),
      tolerance: optional((value, path) => number()(Number(value), path)),
      policies: optional(listOf(shape({ type: text(), value: whole(1), periodSeconds: whole(1) }, true), 20)),
    },
    true,
  ),
)
const file = listOf(
  shape(
    {
      name: text(60),
      targetPercent: optional(whole(1)),
      behavior,
      minReplicas: optional(whole(1)),
      maxReplicas: optional(whole(1)),
    },
    true,
  ),
  POLICIES_MAX,
)

/**
 * Reads a policy file, a list of variants, and tries each on every service of the recordings.
 * @throws UsageError naming the key, or the variant and the service whose spec it would break
 */
export function readPolicies(path: string, recordings: Recording[]): Policy[] {
  const value = readYaml('--policy', path)
  const problem = file(value, 'policies')
  if (problem !== undefined) throw new UsageError(`--policy ${path}: ${problem}`)
  const policies = value as Policy[]
  const names = policies.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index || name === ruled.name)
  if (twice !== undefined) throw new UsageError(`--policy ${path}: the name "${twice}" is taken; give each variant its own`)
  for (const policy of policies) {
    for (const { header } of recordings) {
      for (const [service, { spec }] of Object.entries(header.services)) {
        const [refused] = spec === null ? [] : validate(withPolicy(spec, policy, service))
        if (refused !== undefined) throw new UsageError(`--policy ${path}: "${policy.name}" on ${service}: ${refused}`)
      }
    }
  }
  return policies
}

/** The autoscaler's spec as it would be under a policy. Rules of behavior that the policy does not name stay. */
export function withPolicy(recorded: RecordedSpec, policy: Policy, service: string): HpaSpec {
  const { minReplicas, maxReplicas, targetPercent, targetPoints = 0 } = policy
  const spec = withTarget(recorded, service)
  const target = (percent: number) => Math.max(1, (targetPercent ?? percent) + targetPoints)
  return {
    ...spec,
    ...(minReplicas !== undefined && { minReplicas }),
    ...(maxReplicas !== undefined && { maxReplicas }),
    metrics: spec.metrics?.map((metric) => retargeted(metric, target)),
    ...(policy.behavior && {
      behavior: {
        scaleUp: { ...spec.behavior?.scaleUp, ...policy.behavior.scaleUp },
        scaleDown: { ...spec.behavior?.scaleDown, ...policy.behavior.scaleDown },
      },
    }),
  }
}

/** The CPU target of a spec in percent of the request; null when CPU is not what it scales by. */
export function cpuTarget({ metrics = [] }: RecordedSpec): number | null {
  return metrics.map(cpuUtilization).find((percent) => percent !== undefined) ?? null
}

function cpuUtilization(metric: MetricSpec): number | undefined {
  const source = metric.type === 'Resource' ? metric.resource : metric.type === 'ContainerResource' ? metric.containerResource : undefined
  return source?.name === 'cpu' ? targetOf(metric)?.averageUtilization : undefined
}

function retargeted(metric: MetricSpec, target: (percent: number) => number): MetricSpec {
  const percent = cpuUtilization(metric)
  if (percent === undefined) return metric
  const set = <T extends object>(source: T) => ({
    ...source,
    target: { type: 'Utilization' as const, averageUtilization: target(percent) },
  })
  if (metric.type === 'Resource') return { ...metric, resource: set(metric.resource) }
  return metric.type === 'ContainerResource' ? { ...metric, containerResource: set(metric.containerResource) } : metric
}
