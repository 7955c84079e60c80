import { parseAllDocuments } from 'yaml'
import type { KubeApi } from '../kube-api.ts'
import type { ApiService, Hpa, Pod, PodDisruptionBudget, PodMetrics, Workload } from '../kube-types.ts'
import { helm, release, type Target } from '../target.ts'
import { parseMetrics } from './prometheus-text.ts'

/** All that the checks look at; plain JSON, so that a cluster can be described in a test. */
export interface Facts {
  /** Undefined when nothing serves metrics.k8s.io. */
  metricsApi: ApiService | undefined
  hpas: Hpa[]
  deployments: Workload[]
  pods: Pod[]
  budgets: PodDisruptionBudget[]
  /** Undefined when it cannot be read. */
  usage: PodMetrics[] | undefined
  /** cgroup version by node, of the nodes that tell. */
  cgroupVersions: Record<string, number>
  /** Objects as the Helm release renders them, and its values by service; empty without a release. */
  rendered: { kind: string; metadata: { name: string }; spec?: unknown }[]
  values: Record<string, unknown>
  serverVersion: string
}

/** Reads everything once. Only what every reader of the namespace may see is needed; the rest is left out where it is refused. */
export async function gatherFacts(target: Target, api: KubeApi): Promise<Facts> {
  const metricsPath = `/apis/metrics.k8s.io/v1beta1/namespaces/${api.namespace}/pods`
  const [metricsApi, hpas, deployments, pods, budgets, usage, version] = await Promise.all([
    optional(api.find<ApiService>('/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io')),
    api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers'),
    api.list<Workload>('apps/v1', 'deployments'),
    api.list<Pod>('v1', 'pods'),
    api.list<PodDisruptionBudget>('policy/v1', 'poddisruptionbudgets'),
    optional(api.find<{ items: PodMetrics[] }>(metricsPath)),
    api.get<{ gitVersion: string }>('/version'),
  ])
  const [cgroupVersions, rendered, values] = await Promise.all([readCgroupVersions(api), readRendered(target), readValues(target)])
  return {
    metricsApi,
    hpas,
    deployments,
    pods,
    budgets,
    usage: usage?.items,
    cgroupVersions,
    rendered,
    values,
    serverVersion: version.gitVersion,
  }
}

async function readCgroupVersions(api: KubeApi): Promise<Record<string, number>> {
  const nodes = await optional(api.get<{ items: { metadata: { name: string } }[] }>('/api/v1/nodes'))
  const versions: Record<string, number> = {}
  for (const { metadata } of nodes?.items ?? []) {
    const metrics = await optional(api.text(`/api/v1/nodes/${metadata.name}/proxy/metrics`))
    const version = metrics ? parseMetrics(metrics).find(({ name }) => name === 'kubelet_cgroup_version')?.value : undefined
    if (version !== undefined) versions[metadata.name] = version
  }
  return versions
}

async function readRendered(target: Target): Promise<Facts['rendered']> {
  const manifest = await optional(helm(target, ['get', 'manifest', release]))
  if (!manifest) return []
  return parseAllDocuments(manifest).flatMap((document) => document.toJS() ?? [])
}

async function readValues(target: Target): Promise<Record<string, unknown>> {
  const values = await optional(helm(target, ['get', 'values', release, '--all', '--output', 'json']))
  return values ? JSON.parse(values) : {}
}

/** What may be refused or absent: a check without its fact says so. */
async function optional<T>(read: Promise<T>): Promise<T | undefined> {
  return await read.catch(() => undefined)
}
