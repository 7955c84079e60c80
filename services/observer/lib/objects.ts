/** The parts of the Kubernetes objects that the fleet is made of, as the official client reads them. */

export interface Meta {
  name?: string
  namespace?: string
  labels?: Record<string, string>
  creationTimestamp?: Date | string
  deletionTimestamp?: Date | string
}

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: Date | string
}

export interface Container {
  name: string
  resources?: { requests?: Record<string, string>; limits?: Record<string, string> }
  ports?: { name?: string; containerPort: number }[]
}

export interface Pod {
  metadata?: Meta
  spec?: {
    nodeName?: string
    containers: Container[]
  }
  status?: {
    phase?: string
    podIP?: string
    startTime?: Date | string
    conditions?: Condition[]
    containerStatuses?: { restartCount: number }[]
  }
}

export interface Deployment {
  metadata?: Meta
  spec?: { replicas?: number; selector?: { matchLabels?: Record<string, string> }; template?: { spec?: { containers: Container[] } } }
  status?: { replicas?: number; readyReplicas?: number }
}

export interface MetricSpec {
  type: string
  resource?: { name: string; target: { averageUtilization?: number } }
  containerResource?: { name: string; target: { averageUtilization?: number } }
}

export interface MetricStatus {
  type: string
  resource?: { name: string; current: { averageUtilization?: number } }
  containerResource?: { name: string; current: { averageUtilization?: number } }
}

export interface Autoscaler {
  metadata?: Meta
  spec?: { scaleTargetRef: { kind: string; name: string }; minReplicas?: number; maxReplicas: number; metrics?: MetricSpec[] }
  status?: { currentReplicas?: number; desiredReplicas: number; currentMetrics?: MetricStatus[] | null; conditions?: Condition[] }
}

export interface KubeEvent {
  metadata?: Meta
  involvedObject: { kind?: string; name?: string }
  reason?: string
  message?: string
  lastTimestamp?: Date | string | null
  eventTime?: Date | string | null
  count?: number
}

/** CPU of one pod, from the metrics API. */
export interface PodUsage {
  name: string
  millicores: number
}

/** Everything the caches hold at one moment. */
export interface Caches {
  pods: Pod[]
  deployments: Deployment[]
  autoscalers: Autoscaler[]
  events: KubeEvent[]
  usage: PodUsage[]
}
