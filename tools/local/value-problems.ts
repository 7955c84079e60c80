import { milliValue } from '@headroom/hpa/quantity'
import { validate } from '@headroom/hpa/validate'
import { toHpaSpec } from './objects.ts'
import type { ServiceValues } from './values.ts'

/** What is wrong with a service's values, one sentence each that begins with the path. The chart's schema says the same to helm. */
export function valueProblems(values: ServiceValues): string[] {
  const { service, autoscaling, replicas, resources, env } = values
  const problems: string[] = []
  if (autoscaling.enabled) {
    problems.push(...validate(toHpaSpec(values)).map((problem) => inWordsOfTheChart(problem, `${service}.autoscaling`)))
  } else if (!Number.isInteger(replicas) || replicas < 0) {
    problems.push(`${service}.replicas must be a whole number, 0 or more, not ${JSON.stringify(replicas)}`)
  }
  for (const part of ['requests', 'limits'] as const) {
    const problem = quantityProblem(resources[part].cpu)
    if (problem !== undefined) problems.push(`${service}.resources.${part}.cpu: ${problem}`)
  }
  for (const [key, value] of Object.entries(env)) {
    if (typeof value !== 'string') problems.push(`${service}.env.${key} must be a string: put ${JSON.stringify(value)} in quotes`)
  }
  return problems
}

/** `spec.maxReplicas must not be less than spec.minReplicas`, said of the values that the spec is made from. */
function inWordsOfTheChart(problem: string, path: string): string {
  return problem
    .replaceAll(/spec\.metrics\[0\](: averageUtilization)?/g, `${path}.targetCPUUtilizationPercentage`)
    .replaceAll('spec.', `${path}.`)
}

function quantityProblem(quantity: string): string | undefined {
  try {
    return milliValue(quantity) > 0 ? undefined : `"${quantity}" must be more than 0`
  } catch (error) {
    return (error as Error).message
  }
}
