import { setTimeout as delay } from 'node:timers/promises'
import { ClusterError } from './errors.ts'
import type { KubeApi } from './kube-api.ts'
import type { Job, Pod, Workload } from './kube-types.ts'
import { jobObstacle, type Obstacle, podObstacle, workloadObstacle } from './obstacles.ts'
import { kubectl, type Target } from './target.ts'

/** What reads the cluster; a KubeApi, or lists written down for a test. */
export type Lister = Pick<KubeApi, 'list'>

/** How long to wait. */
export interface Patience {
  withinMs: number
  /** A volume that is being bound and a registry that answers late look like obstacles for a moment. */
  believedAfterMs: number
  pollMs: number
}

const patient: Patience = { withinMs: 300_000, believedAfterMs: 12_000, pollMs: 2000 }

interface Kinds {
  workloads: Workload[]
  pods: Pod[]
  jobs: Job[]
}

/** True once every replica wanted runs the wanted pod template and is available. */
export function isRolledOut({ metadata, spec, status }: Workload): boolean {
  const wanted = spec.replicas ?? 1
  return (
    (status.observedGeneration ?? 0) >= (metadata.generation ?? 0) &&
    (status.updatedReplicas ?? 0) === wanted &&
    (status.replicas ?? 0) === wanted &&
    (status.availableReplicas ?? 0) === wanted
  )
}

/** "3 of 8 ready; waiting for orders (1 of 2)" */
export function progressLine(workloads: Workload[]): string {
  const open = workloads.filter((workload) => !isRolledOut(workload))
  const shown = open.map(
    ({ metadata, spec, status }) =>
      `${metadata.name} (${Math.min(status.updatedReplicas ?? 0, status.availableReplicas ?? 0)} of ${spec.replicas ?? 1})`,
  )
  return `${workloads.length - open.length} of ${workloads.length} ready${shown.length > 0 ? `; waiting for ${shown.join(', ')}` : ''}`
}

/**
 * Waits until all Deployments and StatefulSets of the namespace are rolled out, telling progress when it changes.
 * @throws ClusterError as soon as something stands in the way that waiting will not mend, or when patience ends
 */
export async function waitForRollout(target: Target, api: Lister, note: (text: string) => void, patience = patient): Promise<void> {
  const { withinMs, believedAfterMs, pollMs } = patience
  const untilMs = Date.now() + withinMs
  let told = ''
  let seen = { text: '', sinceMs: 0 }
  for (;;) {
    const { workloads, jobs, pods } = await read(api)
    const line = progressLine(workloads)
    if (line !== told) note(line)
    told = line
    if (workloads.length > 0 && workloads.every(isRolledOut)) return
    const obstacle = jobObstacle(jobs, pods) ?? workloadObstacle(workloads) ?? podObstacle(pods)
    if (obstacle?.text !== seen.text) seen = { text: obstacle?.text ?? '', sinceMs: Date.now() }
    if (obstacle && Date.now() - seen.sinceMs >= believedAfterMs) throw await withLog(target, obstacle)
    if (Date.now() > untilMs) {
      throw new ClusterError(
        `Not ready within ${withinMs / 1000} s: ${line}. \`kubectl -n ${target.namespace} get pods,events\` shows more.`,
      )
    }
    await delay(pollMs)
  }
}

async function read(api: Lister): Promise<Kinds> {
  const [deployments, replicaSets, sets, pods, jobs] = await Promise.all([
    api.list<Workload>('apps/v1', 'deployments'),
    api.list<Workload>('apps/v1', 'replicasets'),
    api.list<Workload>('apps/v1', 'statefulsets'),
    api.list<Pod>('v1', 'pods'),
    api.list<Job>('batch/v1', 'jobs'),
  ])
  return { workloads: [...deployments, ...sets], pods: withoutReplaced(pods, deployments, replicaSets), jobs: newest(jobs) }
}

/** The pods that are wanted: those of an earlier revision may be broken, which is often why there is a new one. */
export function withoutReplaced(pods: Pod[], deployments: Workload[], replicaSets: Workload[]): Pod[] {
  const revision = 'deployment.kubernetes.io/revision'
  const replaced = replicaSets.filter(({ metadata }) => {
    const owner = deployments.find(({ metadata: { uid } }) => metadata.ownerReferences?.some((reference) => reference.uid === uid))
    return owner !== undefined && owner.metadata.annotations?.[revision] !== metadata.annotations?.[revision]
  })
  const uids = new Set(replaced.map(({ metadata }) => metadata.uid))
  return pods.filter(({ metadata }) => !metadata.ownerReferences?.some(({ uid }) => uids.has(uid)))
}

/** The last Job of each name label: one that failed in an earlier release is no longer in the way. */
export function newest(jobs: Job[]): Job[] {
  const last = new Map<string, Job>()
  for (const job of jobs.toSorted((a, b) => createdMs(a) - createdMs(b)))
    last.set(job.metadata.labels?.['app.kubernetes.io/name'] ?? job.metadata.name, job)
  return [...last.values()]
}

function createdMs({ metadata }: Job): number {
  return Date.parse(metadata.creationTimestamp ?? '') || 0
}

/** The obstacle as an error, with the last log lines where there are any, stack frames apart. */
export async function withLog(target: Target, { text, logs }: Obstacle): Promise<ClusterError> {
  if (!logs) return new ClusterError(text)
  const args = ['logs', logs.pod, '-c', logs.container, '--tail=40', ...(logs.previous ? ['--previous'] : [])]
  const log = await kubectl(target, args).catch(() => '')
  const lines = log.split('\n').filter((line) => line.trim() !== '' && !/^\s+at /.test(line))
  return new ClusterError([text, ...lines.slice(-10).map((line) => `  | ${line}`)].join('\n'))
}
