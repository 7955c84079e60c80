import type { Condition, ContainerStatus, Job, Pod, Workload } from './kube-types.ts'

/** Something that waiting will not mend. */
export interface Obstacle {
  /** One sentence with the fix. */
  text: string
  /** Whose last log lines would tell more. */
  logs?: { pod: string; container: string; previous: boolean }
}

const imageReasons = ['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']

/** The first thing in a set of pods that waiting will not mend; pods on their way out are left alone. */
export function podObstacle(pods: Pod[]): Obstacle | undefined {
  for (const pod of pods) {
    if (pod.metadata.deletionTimestamp) continue
    const found = unschedulable(pod) ?? stuckContainer(pod)
    if (found) return found
  }
  return undefined
}

/** A Job that has given up, with its pod's log where that is still there. */
export function jobObstacle(jobs: Job[], pods: Pod[]): Obstacle | undefined {
  const job = jobs.find(({ status }) => isTrue(status.conditions, 'Failed'))
  if (!job) return undefined
  const { name, uid } = job.metadata
  const why = job.status.conditions?.find(({ type }) => type === 'Failed')?.message ?? 'no reason given'
  const pod = pods.findLast(({ metadata }) => metadata.ownerReferences?.some((owner) => owner.uid === uid))
  const container = job.spec.template.spec.containers[0]?.name
  return {
    text: `Job ${name} failed: ${why}. Mend what its log says, then \`kubectl delete job ${name}\` and install again.`,
    ...(pod && container ? { logs: { pod: pod.metadata.name, container, previous: false } } : {}),
  }
}

/** Pods that may not be made at all: a quota, or Pod Security. */
export function workloadObstacle(workloads: Workload[]): Obstacle | undefined {
  for (const { metadata, status } of workloads) {
    const refused = status.conditions?.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True')
    if (refused)
      return {
        text: `${metadata.name}: the cluster refuses its pods: ${refused.message ?? refused.reason}. Change the pod, the quota or the namespace's Pod Security level.`,
      }
  }
  return undefined
}

function unschedulable({ metadata, status }: Pod): Obstacle | undefined {
  const condition = status.conditions?.find(
    ({ type, status: value, reason }) => type === 'PodScheduled' && value === 'False' && reason === 'Unschedulable',
  )
  if (!condition) return undefined
  const message = (condition.message ?? 'no reason given').replace(/\.? ?preemption:.*$/, '')
  return { text: `Pod ${metadata.name} fits on no node: ${message}. ${unschedulableFix(message)}` }
}

function unschedulableFix(message: string): string {
  if (/Insufficient (cpu|memory)/.test(message))
    return 'Give the cluster a larger or one more node, or lower requests and maxReplicas in the values.'
  if (/PersistentVolumeClaim|volume/i.test(message))
    return 'The cluster needs a default StorageClass with a provisioner (`kubectl get storageclass`), or use externalDatabase.'
  if (/taint/.test(message)) return 'Remove the taint, or give the pods a toleration.'
  return '`kubectl describe pod` shows what was tried.'
}

function stuckContainer({ metadata, status }: Pod): Obstacle | undefined {
  for (const container of [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]) {
    const waiting = container.state?.waiting
    const where = `Pod ${metadata.name}, container ${container.name}`
    if (waiting?.reason && imageReasons.includes(waiting.reason)) return { text: imageText(where, container, waiting.reason) }
    if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'CreateContainerError') {
      return {
        text: `${where} cannot be created: ${waiting.message ?? waiting.reason}. Make the Secret or ConfigMap that it names, or mend the values.`,
      }
    }
    if (waiting?.reason === 'CrashLoopBackOff') return crash(metadata.name, where, container)
  }
  return undefined
}

function imageText(where: string, { image, state }: ContainerStatus, reason: string): string {
  const detail = state?.waiting?.message ? ` (${state.waiting.message})` : ''
  return `${where}: the image ${image ?? '?'} cannot be had: ${reason}${detail}. In kind, \`make kind-up\` builds and loads it; elsewhere push it with \`npm run cluster -- image --push --registry ...\` and see that the nodes may pull from there.`
}

function crash(pod: string, where: string, { name, lastState, restartCount }: ContainerStatus): Obstacle {
  const end = lastState?.terminated
  const how = end ? `exit code ${end.exitCode}${end.reason && end.reason !== 'Error' ? `, ${end.reason}` : ''}` : 'no exit code known'
  const fix = end?.reason === 'OOMKilled' ? 'Raise its memory limit.' : 'Its last lines say why.'
  return { text: `${where} keeps crashing (${how}, ${restartCount} restarts). ${fix}`, logs: { pod, container: name, previous: true } }
}

export function isTrue(conditions: Condition[] | undefined, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}
