/** Each metric of a spec turned into a proposal, or into the condition that says why not. */
import type { PodSample } from './pods.ts'
import { formatMilli, milliValue } from './quantity.ts'
import { type Measured, replicasByAverage, replicasByShare, replicasByUtilization, replicasByValue, type Situation } from './replicas.ts'
import type { MetricIdentifier, MetricSpec, MetricTarget } from './spec.ts'

/** What the metrics API answered for one entry of `spec.metrics`: samples by pod, a total, or why there is none. */
export type Reading = { samples: ReadonlyMap<string, PodSample> } | { totalMilli: number } | { error: string }

/** An entry of `status.currentMetrics`. */
export interface MetricStatus {
  type: MetricSpec['type']
  [source: string]: unknown
}

/** The CPU in a status, in percent of the request: the `averageUtilization` of its first metric of CPU; null where it has none. */
export function cpuUtilization(currentMetrics: readonly MetricStatus[] | null | undefined): number | null {
  for (const { resource, containerResource } of currentMetrics ?? []) {
    const metric = (containerResource ?? resource) as { name: string; current?: { averageUtilization?: number } } | undefined
    if (metric?.name === 'cpu') return metric.current?.averageUtilization ?? null
  }
  return null
}

export interface Proposal {
  replicas: number
  /** As upstream names it in conditions and events: `cpu resource utilization (percentage of request)`. */
  name: string
  /** For people: `CPU at 173 %, target 60 %`. */
  summary: string
  status: MetricStatus
}

/** An error with the condition reason that goes with its metric type, such as FailedGetResourceMetric. */
export class MetricError extends Error {
  readonly reason: string
  constructor(reason: string, message: string) {
    super(message)
    this.reason = reason
  }
}

const FAILED_REASON: Record<MetricSpec['type'], string> = {
  Resource: 'FailedGetResourceMetric',
  ContainerResource: 'FailedGetContainerResourceMetric',
  Pods: 'FailedGetPodsMetric',
  Object: 'FailedGetObjectMetric',
  External: 'FailedGetExternalMetric',
}

/** Proposes a replica count for one metric. Throws a MetricError when it cannot be told. */
export function propose(metric: MetricSpec, reading: Reading | undefined, situation: Situation, statusReplicas: number): Proposal {
  const reason = FAILED_REASON[metric.type]
  if (reason === undefined) throw new MetricError('InvalidMetricSourceType', `unknown metric source type "${String(metric.type)}"`)
  try {
    if (reading === undefined) throw new Error('no metrics returned')
    if ('error' in reading) throw new Error(reading.error)
    switch (metric.type) {
      case 'Resource':
        return proposeResource('Resource', metric.resource, reading, situation)
      case 'ContainerResource':
        return proposeResource('ContainerResource', metric.containerResource, reading, situation)
      case 'Pods':
        return proposePods(metric.pods, reading, situation)
      case 'Object':
        return proposeTotal('Object', metric.object, reading, situation, statusReplicas)
      case 'External':
        return proposeTotal('External', metric.external, reading, situation, statusReplicas)
    }
  } catch (error) {
    throw new MetricError(reason, error instanceof Error ? error.message : String(error))
  }
}

interface ResourceSource {
  name: string
  container?: string
  target: MetricTarget
}

function proposeResource(type: 'Resource' | 'ContainerResource', source: ResourceSource, reading: Reading, situation: Situation): Proposal {
  const { name: resource, container, target } = source
  const samples = samplesOf(reading, `unable to get metrics for resource ${resource}: no metrics returned from resource metrics API`)
  const kind = type === 'Resource' ? 'resource' : 'container resource'
  const key = type === 'Resource' ? 'resource' : 'containerResource'
  const title = resource === 'cpu' ? 'CPU' : resource
  const of = { name: resource, ...(container !== undefined && { container }) }
  if (target.averageValue !== undefined) {
    const averageMilli = milliValue(target.averageValue)
    const measured = replicasByAverage(situation, samples, { resource, averageMilli })
    const current = { averageValue: formatMilli(measured.valueMilli) }
    return {
      replicas: measured.replicas,
      name: `${resource} ${kind}`,
      summary: `${title} at ${current.averageValue}, target ${target.averageValue}`,
      status: { type, [key]: { ...of, current } },
    }
  }
  if (target.averageUtilization === undefined) {
    throw new Error(`invalid ${kind} metric source: neither an average utilization target nor an average value target was set`)
  }
  const measured = replicasByUtilization(situation, samples, { resource, container, percent: target.averageUtilization })
  const current = { averageUtilization: measured.utilizationPercent, averageValue: formatMilli(measured.valueMilli) }
  return {
    replicas: measured.replicas,
    name: `${resource} ${kind} utilization (percentage of request)`,
    summary: `${title} at ${current.averageUtilization} %, target ${target.averageUtilization} %`,
    status: { type, [key]: { ...of, current } },
  }
}

function proposePods(source: { metric: MetricIdentifier; target: MetricTarget }, reading: Reading, situation: Situation): Proposal {
  const { metric, target } = source
  if (target.averageValue === undefined) throw new Error('invalid pods metric source: no average value target was set')
  const samples = samplesOf(reading, `unable to get metric ${metric.name}: no metrics returned from custom metrics API`)
  const measured = replicasByAverage(situation, samples, { resource: '', averageMilli: milliValue(target.averageValue) })
  const current = { averageValue: formatMilli(measured.valueMilli) }
  return {
    replicas: measured.replicas,
    name: `pods metric ${metric.name}`,
    summary: `${metric.name} at ${current.averageValue} per pod, target ${target.averageValue}`,
    status: { type: 'Pods', pods: { metric, current } },
  }
}

interface TotalSource {
  describedObject?: { kind: string; name: string }
  metric: MetricIdentifier
  target: MetricTarget
}

function proposeTotal(
  type: 'Object' | 'External',
  source: TotalSource,
  reading: Reading,
  situation: Situation,
  statusReplicas: number,
): Proposal {
  const { metric, target, describedObject } = source
  if (!('totalMilli' in reading)) throw new Error(`unable to get metric ${metric.name}: it is one value, not one per pod`)
  const { measured, current, wanted } = measureTotal(type, target, reading.totalMilli, situation, statusReplicas)
  const name = describedObject ? `${describedObject.kind} metric ${metric.name}` : `external metric ${metric.name}`
  return {
    replicas: measured.replicas,
    name,
    summary: `${metric.name} at ${formatMilli(measured.valueMilli)}${target.averageValue === undefined ? '' : ' per pod'}, target ${wanted}`,
    status: { type, [type.toLowerCase()]: { ...(describedObject && { describedObject }), metric, current } },
  }
}

function measureTotal(type: string, target: MetricTarget, totalMilli: number, situation: Situation, statusReplicas: number) {
  const byShare = (perPod: string | number): { measured: Measured; current: object; wanted: string | number } => {
    const measured = replicasByShare(situation, totalMilli, milliValue(perPod), statusReplicas)
    return { measured, current: { averageValue: formatMilli(measured.valueMilli) }, wanted: perPod }
  }
  const { averageValue, value } = target
  if (averageValue !== undefined) return byShare(averageValue)
  if (value === undefined) {
    throw new Error(`invalid ${type.toLowerCase()} metric source: neither a value target nor an average value target was set`)
  }
  const measured = replicasByValue(situation, totalMilli, milliValue(value))
  return { measured, current: { value: formatMilli(measured.valueMilli) }, wanted: value }
}

function samplesOf(reading: Reading, emptyMessage: string): ReadonlyMap<string, PodSample> {
  if (!('samples' in reading) || reading.samples.size === 0) throw new Error(emptyMessage)
  return reading.samples
}
