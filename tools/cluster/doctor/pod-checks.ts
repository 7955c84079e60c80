import { milliValue } from '@headroom/hpa/quantity'
import type { Pod, PodMetrics, Workload } from '../kube-types.ts'
import { podObstacle } from '../obstacles.ts'
import type { Facts } from './facts.ts'
import { type Finding, note, ok, problem } from './finding.ts'

/** One pod with more than this share of a service's CPU, the service being busy, has all the load. */
const oneSidedShare = 0.8
/** Below this share of one pod's request a service is idle, and shares mean nothing. */
const busyShare = 0.5

/** Is a pod stuck? */
export function checkPods({ pods }: Facts): Finding[] {
  const obstacle = podObstacle(pods)
  return [obstacle ? problem(obstacle.text, '`kubectl describe pod` and `kubectl logs --previous` show more') : ok('no pod is stuck')]
}

/** Would `kubectl drain` wait for ever? */
export function checkBudgets({ budgets }: Facts): Finding[] {
  const findings = budgets.flatMap(({ metadata, spec, status }) => {
    const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0, expectedPods = 0 } = status ?? {}
    if (expectedPods === 0 || disruptionsAllowed > 0) return []
    if (currentHealthy < desiredHealthy)
      return [
        note(
          `budget ${metadata.name}: ${currentHealthy} of ${expectedPods} pods are healthy, so none may be evicted now`,
          'it passes once the pods are ready',
        ),
      ]
    const why = desiredHealthy >= expectedPods ? `all ${expectedPods} must stay` : `${desiredHealthy} of ${expectedPods} must stay`
    return [
      problem(
        `budget ${metadata.name} blocks drains: ${why} (${spec.minAvailable === undefined ? `maxUnavailable ${spec.maxUnavailable}` : `minAvailable ${spec.minAvailable}`})`,
        'run at least 2 replicas with maxUnavailable 1, or have no budget for a single pod',
      ),
    ]
  })
  return findings.length > 0 ? findings : [ok(`${budgets.length} disruption budgets, none blocks a drain`)]
}

/** Which cgroup version do the nodes have? */
export function checkCgroups({ cgroupVersions }: Facts): Finding[] {
  const nodes = Object.entries(cgroupVersions)
  const old = nodes.filter(([, version]) => version === 1).map(([node]) => node)
  if (nodes.length === 0)
    return [
      note(
        'the nodes do not tell their cgroup version',
        'reading it needs get on nodes/proxy; `stat -fc %T /sys/fs/cgroup` on a node says cgroup2fs or tmpfs (version 1)',
      ),
    ]
  if (old.length === 0) return [ok('all nodes use cgroup v2')]
  return [
    note(
      `cgroup v1 on ${old.join(', ')}: limits and CPU metrics work; pressure figures and memory QoS do not, and from Kubernetes 1.35 on the kubelet refuses to start there unless told otherwise`,
      'boot the nodes with systemd.unified_cgroup_hierarchy=1, or use an image with cgroup v2',
    ),
  ]
}

/** Does one pod of several do all the work? More replicas do not help then. */
export function checkBalance({ deployments, pods, usage }: Facts): Finding[] {
  if (!usage) return [note('no CPU usage by pod, so how load is spread cannot be seen', 'see the metrics API above')]
  const findings = deployments.flatMap((deployment) => {
    const ready = pods.filter((pod) => belongsTo(pod, deployment) && isReady(pod))
    const used = ready.map(({ metadata }) => ({ name: metadata.name, millicores: millicoresOf(usage, metadata.name) }))
    const total = used.reduce((sum, { millicores }) => sum + millicores, 0)
    const top = used.toSorted((a, b) => b.millicores - a.millicores)[0]
    if (!top || used.length < 2 || total < busyShare * requestOf(deployment) || top.millicores / total < oneSidedShare) return []
    const share = Math.round((top.millicores / total) * 100)
    return [
      problem(
        `${deployment.metadata.name}: ${top.name} uses ${share} % of the CPU of ${used.length} pods`,
        'its clients keep their connections, or all come through one `kubectl port-forward`, which stays on one pod: end connections by age (CONNECTION_MAX_AGE_MS), offer load from inside the cluster',
      ),
    ]
  })
  return findings.length > 0 ? findings : [ok('no pod has all the load of its service')]
}

function belongsTo({ metadata }: Pod, { spec }: Workload): boolean {
  return Object.entries(spec.selector.matchLabels ?? {}).every(([key, value]) => metadata.labels?.[key] === value)
}

function isReady({ metadata, status }: Pod): boolean {
  return (
    !metadata.deletionTimestamp && (status.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') ?? false)
  )
}

function millicoresOf(usage: PodMetrics[], pod: string): number {
  const containers = usage.find(({ metadata }) => metadata.name === pod)?.containers ?? []
  return containers.reduce((sum, container) => sum + milliValue(container.usage.cpu), 0)
}

function requestOf({ spec }: Workload): number {
  return spec.template.spec.containers.reduce((sum, { resources }) => sum + milliValue(resources?.requests?.cpu ?? '0'), 0)
}
