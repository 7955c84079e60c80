import type { Decision, ServiceSample } from '@headroom/report/sample'
import type { Event, Hpa, HpaMetric, Pod, Workload } from './kube-types.ts'
import { type PodFigures, podSample, podsOf } from './pods.ts'
import { release } from './target.ts'

/** What one poll of the cluster saw. */
export interface Snapshot {
  deployments: Workload[]
  hpas: Hpa[]
  events: Event[]
  pods: Pod[]
}

/** Rates of one service, from Prometheus. */
export type Rates = Pick<ServiceSample, 'requestsPerS' | 'p99Ms' | 'shedPerS' | 'failedPerS'>

const silent: Rates = { requestsPerS: 0, p99Ms: null, shedPerS: 0, failedPerS: 0 }

/** `headroom-orders` is orders; undefined for what is no service of the on-sale. */
export function serviceOf(name: string, services: string[]): string | undefined {
  const service = name.startsWith(`${release}-`) ? name.slice(release.length + 1) : name
  return services.includes(service) ? service : undefined
}

/** One row per service of the on-sale, in the chart's order. */
export function serviceSamples(
  { deployments, hpas, pods }: Snapshot,
  services: string[],
  figures: PodFigures & { rates: ReadonlyMap<string, Rates> },
): Record<string, ServiceSample> {
  const samples: Record<string, ServiceSample> = {}
  for (const service of services) {
    const deployment = deployments.find(({ metadata }) => serviceOf(metadata.name, services) === service)
    if (!deployment) continue
    const hpa = hpas.find(({ spec }) => spec.scaleTargetRef.name === deployment.metadata.name)
    const current = deployment.status.replicas ?? 0
    samples[service] = {
      current,
      desired: hpa?.status.desiredReplicas ?? deployment.spec.replicas ?? 1,
      ready: deployment.status.readyReplicas ?? 0,
      cpuPercent: cpuOf(hpa?.status.currentMetrics)?.current?.averageUtilization ?? null,
      targetPercent: cpuOf(hpa?.spec.metrics)?.target?.averageUtilization ?? null,
      ...(figures.rates.get(service) ?? silent),
      pods: podsOf(deployment, pods).map((pod) => podSample(pod, figures)),
    }
  }
  return samples
}

/** The CPU entry of an autoscaler's metrics, by container or by pod. */
export function cpuOf(metrics: HpaMetric[] | undefined) {
  for (const { resource, containerResource } of metrics ?? []) {
    const metric = containerResource ?? resource
    if (metric?.name === 'cpu') return metric
  }
  return undefined
}

/** What the autoscalers decided between two polls: changes of the Deployments' wanted replicas, with the autoscaler's own words. */
export function decisionsBetween(before: Snapshot, after: Snapshot, services: string[], atS: number): Decision[] {
  const decisions: Decision[] = []
  for (const { metadata, spec } of after.deployments) {
    const service = serviceOf(metadata.name, services)
    const earlier = before.deployments.find((deployment) => deployment.metadata.name === metadata.name)
    const from = earlier?.spec.replicas
    const to = spec.replicas
    if (service === undefined || from === undefined || to === undefined || from === to) continue
    const hpa = after.hpas.find((candidate) => candidate.spec.scaleTargetRef.name === metadata.name)
    decisions.push({ atS, service, from, to, reason: reasonOf(hpa, after.events, to) })
  }
  return decisions
}

/** "cpu container resource utilization (percentage of request) above target; 173 % of 60 %", as far as known. */
function reasonOf(hpa: Hpa | undefined, events: Event[], to: number): string {
  const said = events
    .filter(({ reason, involvedObject }) => reason === 'SuccessfulRescale' && involvedObject.name === hpa?.metadata.name)
    .filter(({ message }) => message?.startsWith(`New size: ${to};`))
    .sort((a, b) => timeOf(a) - timeOf(b))
    .at(-1)?.message
  const words = said?.replace(/^New size: \d+; reason: /, '').trim() || 'the number of replicas was changed'
  const target = cpuOf(hpa?.spec.metrics)?.target?.averageUtilization
  const current = cpuOf(hpa?.status.currentMetrics)?.current?.averageUtilization
  return target === undefined || current === undefined ? words : `${words}; CPU ${current} % of target ${target} %`
}

function timeOf({ lastTimestamp, eventTime }: Event): number {
  return Date.parse(lastTimestamp ?? eventTime ?? '') || 0
}
