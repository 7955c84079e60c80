import type { Autoscaler, Caches, Deployment, KubeEvent, MetricSpec, MetricStatus, Pod } from './objects.ts'

/** A pod's place in its life, for people. */
export type PodState = 'starting' | 'ready' | 'draining' | 'failed'

/** One service of the fleet: a Deployment with its autoscaler, pods and recent decisions. */
export interface FleetService {
  name: string
  current: number
  desired: number
  ready: number
  minReplicas: number | null
  maxReplicas: number | null
  cpuPercent: number | null
  targetPercent: number | null
  conditions: { type: string; status: string; reason: string; message: string }[]
  pods: { name: string; state: PodState; startedAt: string | null; restarts: number; cpuMillicores: number | null }[]
  decisions: { at: string; to: number; reason: string }[]
}

const decisionsMax = 20

/** The fleet as the caches show it, services by name; nothing is asked for here. */
export function fleetOf({ pods, deployments, autoscalers, events, usage }: Caches): FleetService[] {
  const used = new Map(usage.map(({ name, millicores }) => [name, millicores]))
  return deployments
    .map((deployment) => {
      const name = deployment.metadata?.name ?? ''
      const autoscaler = autoscalers.find(({ spec }) => spec?.scaleTargetRef.kind === 'Deployment' && spec.scaleTargetRef.name === name)
      const own = pods.filter((pod) => selects(deployment, pod))
      return {
        name,
        current: deployment.status?.replicas ?? 0,
        desired: wantedOf(deployment, autoscaler),
        ready: deployment.status?.readyReplicas ?? 0,
        minReplicas: autoscaler?.spec?.minReplicas ?? null,
        maxReplicas: autoscaler?.spec?.maxReplicas ?? null,
        cpuPercent: cpuStatus(autoscaler) ?? null,
        targetPercent: cpuTarget(autoscaler) ?? null,
        conditions: (autoscaler?.status?.conditions ?? []).map(({ type, status, reason = '', message = '' }) => ({
          type,
          status,
          reason,
          message,
        })),
        pods: own
          .map((pod) => podOf(pod, used))
          .sort((a, b) => (a.startedAt ?? '').localeCompare(b.startedAt ?? '') || a.name.localeCompare(b.name)),
        decisions: decisionsOf(autoscaler, events),
      }
    })
    .sort((a, b) => a.name.localeCompare(b.name))
}

/** What the autoscaler wants; the Deployment's own number where none has said anything yet. */
export function wantedOf(deployment: Deployment, autoscaler: Autoscaler | undefined): number {
  return autoscaler?.status?.desiredReplicas || (deployment.spec?.replicas ?? 1)
}

function selects({ spec }: Deployment, { metadata }: Pod): boolean {
  const wanted = Object.entries(spec?.selector?.matchLabels ?? {})
  return wanted.length > 0 && wanted.every(([key, value]) => metadata?.labels?.[key] === value)
}

function podOf(pod: Pod, used: Map<string, number>): FleetService['pods'][0] {
  const name = pod.metadata?.name ?? ''
  return {
    name,
    state: stateOf(pod),
    startedAt: text(pod.status?.startTime ?? pod.metadata?.creationTimestamp),
    restarts: (pod.status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    cpuMillicores: used.get(name) ?? null,
  }
}

/** A pod that is asked to go is draining whatever else it is. */
export function stateOf({ metadata, status }: Pod): PodState {
  if (metadata?.deletionTimestamp) return 'draining'
  if (status?.phase === 'Failed') return 'failed'
  return status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ? 'ready' : 'starting'
}

const isCpu = ({ resource, containerResource }: MetricSpec | MetricStatus) => (containerResource ?? resource)?.name === 'cpu'

export function cpuTarget(autoscaler: Autoscaler | undefined): number | undefined {
  const metric = autoscaler?.spec?.metrics?.find(isCpu)
  return (metric?.containerResource ?? metric?.resource)?.target.averageUtilization
}

export function cpuStatus(autoscaler: Autoscaler | undefined): number | undefined {
  const metric = autoscaler?.status?.currentMetrics?.find(isCpu)
  return (metric?.containerResource ?? metric?.resource)?.current.averageUtilization
}

/** The autoscaler's own words: its SuccessfulRescale events, newest last. */
function decisionsOf(autoscaler: Autoscaler | undefined, events: KubeEvent[]): FleetService['decisions'] {
  if (!autoscaler) return []
  const own = events.filter(
    ({ involvedObject, reason }) =>
      involvedObject.kind === 'HorizontalPodAutoscaler' &&
      involvedObject.name === autoscaler.metadata?.name &&
      reason === 'SuccessfulRescale',
  )
  return own
    .flatMap((event) => {
      const said = /^New size: (\d+); reason: (.*)$/s.exec(event.message ?? '')
      const at = text(event.lastTimestamp ?? event.eventTime ?? event.metadata?.creationTimestamp)
      return said && at ? [{ at, to: Number(said[1]), reason: said[2] ?? '' }] : []
    })
    .sort((a, b) => a.at.localeCompare(b.at))
    .slice(-decisionsMax)
}

function text(time: Date | string | null | undefined): string | null {
  if (!time) return null
  return typeof time === 'string' ? time : time.toISOString()
}
