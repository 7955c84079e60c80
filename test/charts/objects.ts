import type { Test } from 'tap'
import { unknownFields } from './kubernetes-model.ts'
import { duplicateVariables, insecurities, podsOf } from './pods.ts'
import type { KubeObject } from './render.ts'

/** What holds for every render, whatever the values: known fields, restricted pods, no wildcard, nothing twice, references that lead somewhere. */
export function sound(t: Test, objects: KubeObject[], name: string): void {
  const pods = podsOf(objects)
  const problems = [
    ...objects.flatMap(unknownFields),
    ...pods.flatMap(insecurities),
    ...pods.flatMap((pod) => duplicateVariables(objects, pod)),
    ...objects.flatMap(wildcards),
    ...twice(objects),
    ...objects.flatMap((object) => mislaid(objects, object)),
  ]
  t.strictSame(problems, [], `${name}: ${objects.length} objects are sound`)
}

function wildcards({ kind, metadata, rules = [] }: KubeObject): string[] {
  if (!['Role', 'ClusterRole'].includes(kind)) return []
  const all = (rules as Record<string, string[]>[]).flatMap((rule) => Object.values(rule).flat())
  return all.some((word) => word.includes('*')) ? [`${kind} ${metadata.name} has a wildcard`] : []
}

function twice(objects: KubeObject[]): string[] {
  const ids = objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`)
  return ids.filter((id, index) => ids.indexOf(id) !== index).map((id) => `${id} is rendered twice`)
}

/** Selectors that select nothing, and autoscalers whose target or container is not there or has a fixed number of replicas. */
function mislaid(objects: KubeObject[], object: KubeObject): string[] {
  const { kind, metadata, spec } = object
  const where = `${kind} ${metadata.name}`
  if (kind === 'Service' || kind === 'PodDisruptionBudget' || kind === 'Deployment') {
    const selector: Record<string, string> = kind === 'Service' ? spec.selector : spec.selector.matchLabels
    const selected = podsOf(objects).filter(({ labels }) => Object.entries(selector).every(([key, value]) => labels[key] === value))
    if (selected.length !== 1)
      return [`${where} selects the pods of ${selected.length} objects: ${selected.map((pod) => pod.where).join(', ')}`]
  }
  if (kind === 'HorizontalPodAutoscaler') {
    const target = objects.find((other) => other.kind === spec.scaleTargetRef.kind && other.metadata.name === spec.scaleTargetRef.name)
    if (!target) return [`${where} scales nothing`]
    if (target.spec.replicas !== undefined) return [`${where}: its Deployment fixes spec.replicas`]
    const names = target.spec.template.spec.containers.map((container: { name: string }) => container.name)
    const asked = spec.metrics.map((metric: KubeObject) => metric.containerResource?.container).filter(Boolean)
    return asked
      .filter((name: string) => !names.includes(name))
      .map((name: string) => `${where} measures a container ${name} that is not there`)
  }
  return []
}

/** A CPU quantity in thousandths of a core. */
export function milliCores(quantity: string): number {
  return quantity.endsWith('m') ? Number(quantity.slice(0, -1)) : Number(quantity) * 1000
}
