import t from 'tap'
import type { Job, Pod, Workload } from '../kube-types.ts'
import { isRolledOut, newest, progressLine, waitForRollout, withoutReplaced } from '../rollout.ts'
import { deployment, pod } from './objects.ts'

const target = { context: undefined, namespace: 'headroom' }
const quick = { withinMs: 200, believedAfterMs: 0, pollMs: 5 }

/** A cluster whose lists change from look to look; the last ones stay. */
function cluster(looks: { deployments?: Workload[]; pods?: Pod[]; replicasets?: Workload[] }[]) {
  let look = 0
  return {
    async list<T>(_group: string, plural: string): Promise<T[]> {
      const now = looks[Math.min(look, looks.length - 1)] as Record<string, T[]>
      if (plural === 'jobs') look++
      return now[plural] ?? []
    },
  }
}

t.test('rolled out is: seen, updated, available, and nothing left of before', async (t) => {
  t.equal(isRolledOut(deployment('a', 2)), true)
  t.equal(isRolledOut(deployment('a', 2, { observedGeneration: 1 })), false)
  t.equal(isRolledOut(deployment('a', 2, { updatedReplicas: 1 })), false)
  t.equal(isRolledOut(deployment('a', 2, { replicas: 3 })), false)
  t.equal(isRolledOut(deployment('a', 2, { availableReplicas: 1 })), false)
})

t.test('progress names what is waited for', async (t) => {
  t.equal(progressLine([deployment('a'), deployment('b', 2, { availableReplicas: 1 })]), '1 of 2 ready; waiting for b (1 of 2)')
  t.equal(progressLine([deployment('a')]), '1 of 1 ready')
})

t.test('pods of a replaced revision are left out, those of others stay', async (t) => {
  const set = (name: string, revision: string): Workload => {
    const { metadata, ...rest } = deployment(name)
    const ownerReferences = [{ kind: 'Deployment', name: 'orders', uid: 'uid-orders' }]
    return { ...rest, metadata: { ...metadata, ownerReferences, annotations: { 'deployment.kubernetes.io/revision': revision } } }
  }
  const of = (uid: string) => ({ ownerReferences: [{ kind: 'ReplicaSet', name: 'x', uid }] })
  const pods = [pod('old', {}, of('uid-1')), pod('new', {}, of('uid-2')), pod('postgres-0', {}, of('uid-set'))]
  const kept = withoutReplaced(pods, [deployment('orders')], [set('1', '1'), set('2', '2')])
  t.same(
    kept.map(({ metadata }) => metadata.name),
    ['new', 'postgres-0'],
  )
})

t.test('only the last Job of a name counts', async (t) => {
  const job = (name: string, label: string, at: string): Job => ({
    metadata: { name, labels: { 'app.kubernetes.io/name': label }, creationTimestamp: at },
    spec: { template: { spec: { containers: [] } } },
    status: {},
  })
  const jobs = [job('b2', 'b', '2026-01-02T00:00:00Z'), job('b1', 'b', '2026-01-01T00:00:00Z'), job('a1', 'a', '2026-01-01T00:00:00Z')]
  t.same(
    newest(jobs)
      .map(({ metadata }) => metadata.name)
      .sort(),
    ['a1', 'b2'],
  )
})

t.test('waiting ends when all is rolled out, and tells progress once', async (t) => {
  const told: string[] = []
  const later = cluster([
    { deployments: [deployment('a', 1, { availableReplicas: 0 })] },
    { deployments: [deployment('a', 1, { availableReplicas: 0 })] },
    { deployments: [deployment('a')] },
  ])
  await waitForRollout(target, later, (text) => told.push(text), quick)
  t.same(told, ['0 of 1 ready; waiting for a (0 of 1)', '1 of 1 ready'])
})

t.test('an obstacle ends the wait at once with its sentence', async (t) => {
  const stuck = pod('a-1', {
    containerStatuses: [{ name: 'app', image: 'x:1', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }],
  })
  const never = cluster([{ deployments: [deployment('a', 1, { availableReplicas: 0 })], pods: [stuck] }])
  await t.rejects(
    waitForRollout(target, never, () => {}, { ...quick, withinMs: 60_000 }),
    { name: 'ClusterError', message: /x:1 cannot be had/ },
  )
})

t.test('an obstacle that passes is forgotten, and patience ends with what is missing', async (t) => {
  const stuck = pod('a-1', { containerStatuses: [{ name: 'app', restartCount: 0, state: { waiting: { reason: 'ImagePullBackOff' } } }] })
  const waiting = { deployments: [deployment('a', 1, { availableReplicas: 0 })] }
  const passing = cluster([{ ...waiting, pods: [stuck] }, waiting])
  await t.rejects(
    waitForRollout(target, passing, () => {}, { withinMs: 50, believedAfterMs: 20, pollMs: 5 }),
    {
      message: /Not ready within 0.05 s: 0 of 1 ready; waiting for a \(0 of 1\)/,
    },
  )
})
