/** Which resources the API shows, under which paths and names. Everything else is built from this table. */
import { asCoreEvent, asEventsV1 } from './events.ts'
import { deploymentFromScale, scaleOf } from './scale.ts'
import type { AnyStored, KubeObject, Stored, StoredName } from './types.ts'

export interface Subresource {
  /** The object as the subresource shows it, and the write it means. */
  read: (object: KubeObject) => KubeObject
  write: (shown: KubeObject, object: KubeObject) => AnyStored
  group: string
  version: string
  kind: string
}

export interface Resource {
  group: string
  version: string
  plural: string
  singular: string
  kind: string
  shortNames: string[]
  /** The name in the store; two versions of one resource share it. */
  stored: StoredName
  verbs: string[]
  hasStatus: boolean
  scale?: Subresource
  /** The stored object in this version, and back: what a client writes is taken to be of the kind it says. */
  show?: (object: KubeObject) => KubeObject
  read: (object: KubeObject) => AnyStored
}

const ALL_VERBS = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

const SCALE: Subresource = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  read: (object) => scaleOf(object as Stored['deployments']),
  write: (shown, object) => deploymentFromScale(shown, object as Stored['deployments']),
}

export const RESOURCES: readonly Resource[] = [
  entry('', 'v1', 'pods', 'pod', 'Pod', ['po'], { hasStatus: true }),
  entry('', 'v1', 'events', 'event', 'Event', ['ev']),
  entry('apps', 'v1', 'deployments', 'deployment', 'Deployment', ['deploy'], { hasStatus: true, scale: SCALE }),
  entry('autoscaling', 'v2', 'horizontalpodautoscalers', 'horizontalpodautoscaler', 'HorizontalPodAutoscaler', ['hpa'], {
    hasStatus: true,
  }),
  entry('coordination.k8s.io', 'v1', 'leases', 'lease', 'Lease', []),
  entry('events.k8s.io', 'v1', 'events', 'event', 'Event', ['ev'], {
    show: (object) => asEventsV1(object as Stored['events']),
    read: asCoreEvent,
  }),
  entry('metrics.k8s.io', 'v1beta1', 'pods', '', 'PodMetrics', [], { stored: 'podmetrics', verbs: ['get', 'list'] }),
]

function entry(
  group: string,
  version: string,
  plural: string,
  singular: string,
  kind: string,
  shortNames: string[],
  changes: Partial<Resource> = {},
): Resource {
  return {
    group,
    version,
    plural,
    singular,
    kind,
    shortNames,
    stored: plural as StoredName,
    verbs: ALL_VERBS,
    hasStatus: false,
    read: (object) => object as AnyStored,
    ...changes,
  }
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`
}

/** Where a group's resources live: `/api/v1` or `/apis/apps/v1`. */
export function basePathOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}
