import t from 'tap'
import type { Job, Pod } from '../kube-types.ts'
import { jobObstacle, podObstacle, workloadObstacle } from '../obstacles.ts'
import { deployment, pod } from './objects.ts'

const waiting = (reason: string, message?: string): Pod['status'] => ({
  containerStatuses: [{ name: 'app', image: 'headroom/orders:1', restartCount: 0, state: { waiting: { reason, message } } }],
})

t.test('pods that run, start or leave are no obstacle', async (t) => {
  t.equal(podObstacle([pod('headroom-orders-a'), pod('headroom-orders-b', waiting('ContainerCreating'))]), undefined)
  t.equal(podObstacle([pod('headroom-orders-c', waiting('ErrImagePull'))]), undefined, 'a first failed pull is tried again')
  t.equal(podObstacle([pod('headroom-orders-d', waiting('CrashLoopBackOff'), { deletionTimestamp: '2026-01-01T00:00:00Z' })]), undefined)
})

t.test('a pod that fits nowhere: the reason without the noise, and what to do', async (t) => {
  const refused = (message: string) =>
    podObstacle([pod('p', { phase: 'Pending', conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }] })])
      ?.text
  t.equal(
    refused('0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available: 1 No preemption victims found.'),
    'Pod p fits on no node: 0/1 nodes are available: 1 Insufficient cpu. Give the cluster a larger or one more node, or lower requests and maxReplicas in the values.',
  )
  t.match(refused('pod has unbound immediate PersistentVolumeClaims'), /StorageClass/)
  t.match(refused('1 node(s) had untolerated taint {x: y}'), /taint/)
})

t.test('an image that cannot be had', async (t) => {
  for (const reason of ['ImagePullBackOff', 'ErrImageNeverPull', 'InvalidImageName']) {
    t.match(
      podObstacle([pod('p', waiting(reason, 'not found'))])?.text,
      new RegExp(`headroom/orders:1 cannot be had: ${reason} \\(not found\\).*make kind-up`),
    )
  }
})

t.test('a missing Secret', async (t) => {
  t.match(
    podObstacle([pod('p', waiting('CreateContainerConfigError', 'secret "x" not found'))])?.text,
    /secret "x" not found.*Make the Secret/,
  )
})

t.test('a container that keeps crashing: how it ended, and whose log to show', async (t) => {
  const crash = (reason: string, exitCode: number): Pod['status'] => ({
    containerStatuses: [
      { name: 'app', restartCount: 3, state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: { terminated: { reason, exitCode } } },
    ],
  })
  t.match(podObstacle([pod('p', crash('Error', 78))]), {
    text: /exit code 78, 3 restarts/,
    logs: { pod: 'p', container: 'app', previous: true },
  })
  t.match(podObstacle([pod('p', crash('OOMKilled', 137))])?.text, /OOMKilled.*Raise its memory limit/)
})

t.test('an init container counts too', async (t) => {
  const status = { initContainerStatuses: [{ name: 'load', restartCount: 0, state: { waiting: { reason: 'ErrImageNeverPull' } } }] }
  t.match(podObstacle([pod('p', status)])?.text, /container load/)
})

t.test('a Job that gave up, with the pod whose log says why', async (t) => {
  const job: Job = {
    metadata: { name: 'headroom-orders-migrate-1', uid: 'j' },
    spec: { template: { spec: { containers: [{ name: 'migrate' }] } } },
    status: { conditions: [{ type: 'Failed', status: 'True', message: 'Job has reached the specified backoff limit' }] },
  }
  const owned = pod('m-x', {}, { ownerReferences: [{ kind: 'Job', name: job.metadata.name, uid: 'j' }] })
  t.match(jobObstacle([job], [pod('other'), owned]), {
    text: /orders-migrate-1 failed: Job has reached/,
    logs: { pod: 'm-x', container: 'migrate' },
  })
  t.equal(jobObstacle([{ ...job, status: { conditions: [{ type: 'Complete', status: 'True' }] } }], []), undefined)
})

t.test('a namespace that refuses the pods', async (t) => {
  const refused = deployment('d', 1, {
    conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'violates PodSecurity "restricted:latest"' }],
  })
  t.match(workloadObstacle([deployment('a'), refused])?.text, /d: the cluster refuses its pods: violates PodSecurity/)
  t.equal(workloadObstacle([deployment('a')]), undefined)
})
