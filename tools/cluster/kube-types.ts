/** The fields of Kubernetes objects that these commands read, named as in https://kubernetes.io/docs/reference/kubernetes-api/. */

export interface Meta {
  name: string
  namespace?: string
  uid?: string
  generation?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  creationTimestamp?: string
  deletionTimestamp?: string
  ownerReferences?: { kind: string; name: string; uid: string }[]
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}

export interface Container {
  name: string
  image?: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
}

export interface PodSpec {
  containers: Container[]
  initContainers?: Container[]
}

interface ContainerState {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt?: string }
  terminated?: { reason?: string; exitCode: number; message?: string; finishedAt?: string }
}

export interface ContainerStatus {
  name: string
  image?: string
  ready?: boolean
  restartCount: number
  state?: ContainerState
  lastState?: ContainerState
}

export interface Pod {
  metadata: Meta
  spec: PodSpec & { nodeName?: string }
  status: {
    phase?: string
    startTime?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
  }
}

export interface Node {
  metadata: Meta
  status: { conditions?: Condition[] }
}

/** A Deployment or a StatefulSet, as far as they are alike. */
export interface Workload {
  metadata: Meta
  spec: {
    replicas?: number
    selector: { matchLabels?: Record<string, string> }
    template: { metadata?: { labels?: Record<string, string> }; spec: PodSpec }
  }
  status: {
    observedGeneration?: number
    replicas?: number
    readyReplicas?: number
    updatedReplicas?: number
    availableReplicas?: number
    conditions?: Condition[]
  }
}

export interface Job {
  metadata: Meta
  spec: { template: { spec: PodSpec } }
  status: { succeeded?: number; failed?: number; conditions?: Condition[] }
}

interface ResourceMetric {
  name: string
  container?: string
  target?: { averageUtilization?: number }
  current?: { averageUtilization?: number; averageValue?: string }
}

export interface HpaMetric {
  type: string
  resource?: ResourceMetric
  containerResource?: ResourceMetric
}

export interface ScalingRules {
  tolerance?: string
}

export interface Hpa {
  metadata: Meta
  spec: {
    scaleTargetRef: { kind: string; name: string }
    minReplicas?: number
    maxReplicas: number
    metrics?: HpaMetric[]
    behavior?: { scaleUp?: ScalingRules; scaleDown?: ScalingRules }
  }
  status: { currentReplicas?: number; desiredReplicas?: number; currentMetrics?: HpaMetric[]; conditions?: Condition[] }
}

export interface PodDisruptionBudget {
  metadata: Meta
  spec: { minAvailable?: number | string; maxUnavailable?: number | string; unhealthyPodEvictionPolicy?: string }
  status?: { disruptionsAllowed?: number; currentHealthy?: number; desiredHealthy?: number; expectedPods?: number }
}

export interface Event {
  metadata: Meta
  involvedObject: { kind: string; name: string }
  reason?: string
  message?: string
  type?: string
  count?: number
  lastTimestamp?: string | null
  eventTime?: string | null
}

/** Of metrics.k8s.io/v1beta1: usage over the `window` (`15s`) that ends at `timestamp`. */
export interface PodMetrics {
  metadata: Meta
  timestamp: string
  window: string
  containers: { name: string; usage: { cpu: string; memory: string } }[]
}

export interface ApiService {
  metadata: Meta
  status?: { conditions?: Condition[] }
}
