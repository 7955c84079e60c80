/** The columns `kubectl get` asks the server for: https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables */
import type { Resource } from './resources.ts'
import type { Deployment, Hpa, KubeEvent, KubeObject, Lease, Pod } from './types.ts'

interface Column {
  name: string
  cell: (object: KubeObject, nowMs: number) => string | number
  /** Shown only by `-o wide`. */
  wide?: true
}

const NAME: Column = { name: 'Name', cell: ({ metadata }) => metadata.name }
const AGE: Column = { name: 'Age', cell: ({ metadata }, nowMs) => age(metadata.creationTimestamp, nowMs) }

function column<Object extends KubeObject>(name: string, cell: (object: Object, nowMs: number) => string | number, wide?: true): Column {
  return { name, cell: (object, nowMs) => cell(object as Object, nowMs), ...(wide && { wide }) }
}

const COLUMNS: Record<string, Column[]> = {
  Pod: [
    NAME,
    column<Pod>('Ready', ({ status, spec }) => {
      const ready = status?.containerStatuses?.filter((container) => container.ready).length ?? 0
      return `${ready}/${spec.containers.length}`
    }),
    column<Pod>('Status', ({ metadata, status }) => (metadata.deletionTimestamp ? 'Terminating' : (status?.phase ?? 'Pending'))),
    column<Pod>('Restarts', ({ status }) => status?.containerStatuses?.reduce((sum, { restartCount }) => sum + restartCount, 0) ?? 0),
    AGE,
    column<Pod>('IP', ({ status }) => status?.podIP ?? '<none>', true),
    column<Pod>('Node', ({ spec }) => spec.nodeName ?? '<none>', true),
  ],
  Deployment: [
    NAME,
    column<Deployment>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec.replicas ?? 1}`),
    column<Deployment>('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0),
    column<Deployment>('Available', ({ status }) => status?.availableReplicas ?? 0),
    AGE,
  ],
  HorizontalPodAutoscaler: [
    NAME,
    column<Hpa>('Reference', ({ spec }) => `${spec.scaleTargetRef.kind}/${spec.scaleTargetRef.name}`),
    column<Hpa>('Targets', targets),
    column<Hpa>('MinPods', ({ spec }) => spec.minReplicas ?? 1),
    column<Hpa>('MaxPods', ({ spec }) => spec.maxReplicas),
    column<Hpa>('Replicas', ({ status }) => status?.currentReplicas ?? 0),
    AGE,
  ],
  Event: [
    column<KubeEvent>('Last Seen', ({ lastTimestamp, eventTime }, nowMs) => age(lastTimestamp ?? eventTime ?? undefined, nowMs)),
    column<KubeEvent>('Type', ({ type }) => type),
    column<KubeEvent>('Reason', ({ reason }) => reason),
    column<KubeEvent>('Object', ({ involvedObject }) => `${involvedObject.kind.toLowerCase()}/${involvedObject.name}`),
    column<KubeEvent>('Message', ({ message }) => message),
  ],
  Lease: [NAME, column<Lease>('Holder', ({ spec }) => spec.holderIdentity ?? ''), AGE],
}

/** The stored objects as rows. The object's metadata goes along, since kubectl needs the namespace. */
export function tableOf(resource: Resource, objects: readonly KubeObject[], resourceVersion: string, nowMs: number): object {
  const columns = COLUMNS[resource.kind] ?? [NAME, AGE]
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata: { resourceVersion },
    columnDefinitions: columns.map(({ name, wide }) => ({
      name,
      type: 'string',
      format: name === 'Name' ? 'name' : '',
      description: '',
      priority: wide ? 1 : 0,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, nowMs)),
      object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  }
}

function targets({ spec, status }: Hpa): string {
  const shown = (spec.metrics ?? []).map((metric, index) => {
    if (metric.type !== 'Resource' && metric.type !== 'ContainerResource') return metric.type
    const { name, target } = metric.type === 'Resource' ? metric.resource : metric.containerResource
    const source = metric.type === 'Resource' ? 'resource' : 'containerResource'
    const current = (status?.currentMetrics?.[index]?.[source] as { current?: CurrentValue } | undefined)?.current
    if (target.averageUtilization !== undefined) return `${name}: ${percent(current?.averageUtilization)}/${target.averageUtilization}%`
    return `${name}: ${current?.averageValue ?? '<unknown>'}/${target.averageValue}`
  })
  return shown.length === 0 ? '<none>' : shown.join(', ')
}

interface CurrentValue {
  averageUtilization?: number
  averageValue?: string
}

function percent(value: number | undefined): string {
  return value === undefined ? '<unknown>' : `${value}%`
}

/** A duration as kubectl writes it: 45s, 5m12s, 3h40m, 2d. */
export function age(since: string | undefined, nowMs: number): string {
  if (since === undefined) return '<unknown>'
  const seconds = Math.max(0, Math.floor((nowMs - Date.parse(since)) / 1000))
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`
  if (minutes < 180) return `${minutes}m`
  const hours = Math.floor(minutes / 60)
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`
  return hours < 48 ? `${hours}h` : `${Math.floor(hours / 24)}d`
}
