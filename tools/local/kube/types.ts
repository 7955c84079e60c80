/** The parts of the Kubernetes objects that the local engine reads and writes, as they are on the wire (times are RFC 3339 text). */
import type { Condition } from '@headroom/hpa/decide'
import type { MetricStatus } from '@headroom/hpa/metrics'
import type { HpaSpec } from '@headroom/hpa/spec'

export interface Metadata {
  name: string
  namespace: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  /** Set when the object is asked to go; a pod stays until its process has ended. */
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
}

export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: Metadata
  spec?: unknown
  status?: unknown
}

export interface Resources {
  requests?: Record<string, string | number>
  limits?: Record<string, string | number>
}

export interface Container {
  name: string
  image?: string
  resources?: Resources
  env?: { name: string; value: string }[]
  ports?: { name?: string; containerPort: number }[]
}

export interface PodSpec {
  nodeName?: string
  terminationGracePeriodSeconds?: number
  containers: Container[]
}

export interface PodCondition {
  type: 'PodScheduled' | 'Initialized' | 'ContainersReady' | 'Ready'
  status: 'True' | 'False' | 'Unknown'
  lastTransitionTime: string
}

export interface ContainerStatus {
  name: string
  ready: boolean
  restartCount: number
  started?: boolean
  state?: { running?: { startedAt: string }; waiting?: { reason: string }; terminated?: { exitCode: number; reason: string } }
}

export interface Pod extends KubeObject {
  spec: PodSpec
  status?: {
    phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed' | 'Unknown'
    startTime?: string
    podIP?: string
    conditions?: PodCondition[]
    containerStatuses?: ContainerStatus[]
  }
}

export interface Deployment extends KubeObject {
  spec: {
    replicas?: number
    selector: { matchLabels: Record<string, string> }
    template: { metadata?: { labels?: Record<string, string> }; spec: PodSpec }
  }
  status?: { observedGeneration?: number; replicas?: number; updatedReplicas?: number; readyReplicas?: number; availableReplicas?: number }
}

export interface HpaCondition extends Condition {
  lastTransitionTime: string
}

export interface Hpa extends KubeObject {
  spec: HpaSpec
  status?: {
    observedGeneration?: number
    lastScaleTime?: string
    currentReplicas?: number
    desiredReplicas: number
    currentMetrics?: MetricStatus[] | null
    conditions?: HpaCondition[]
  }
}

/** A core/v1 Event; events.k8s.io/v1 shows the same ones under other names. */
export interface KubeEvent extends KubeObject {
  involvedObject: { apiVersion?: string; kind: string; name: string; namespace?: string; uid?: string }
  type: 'Normal' | 'Warning'
  reason: string
  message: string
  source?: { component?: string }
  reportingComponent?: string
  reportingInstance?: string
  action?: string
  firstTimestamp?: string | null
  lastTimestamp?: string | null
  eventTime?: string | null
  count?: number
}

export interface Lease extends KubeObject {
  spec: {
    holderIdentity?: string | null
    leaseDurationSeconds?: number
    acquireTime?: string
    renewTime?: string
    leaseTransitions?: number
  }
}

/** metrics.k8s.io: usage averaged over `window` (such as `15s`) and ending at `timestamp`. */
export interface PodMetrics extends KubeObject {
  timestamp: string
  window: string
  containers: { name: string; usage: Record<string, string> }[]
}

/** What the store holds, by plural name. */
export interface Stored {
  pods: Pod
  deployments: Deployment
  horizontalpodautoscalers: Hpa
  events: KubeEvent
  leases: Lease
  podmetrics: PodMetrics
}

export type StoredName = keyof Stored

export type AnyStored = Stored[StoredName]
