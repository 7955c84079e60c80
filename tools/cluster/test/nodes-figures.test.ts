import type { LoadSample } from '@headroom/report/sample'
import t from 'tap'
import { nodesVerdicts, type Phase, phaseLine, workersOf } from '../nodes-figures.ts'
import { fillIn, onControlPlane } from '../surge-job.ts'

const second = (failed: number): LoadSample => ({
  offered: 4,
  ok: 4 - failed,
  refused: 0,
  limited: 0,
  shed: 0,
  failed,
  p50Ms: 5,
  p99Ms: 9,
  stage: 'steady',
})
const phase = (failed: number[], promise: Phase['promise']): Phase => ({ name: 'drain', samples: failed.map(second), promise })

t.test('a phase without a failed request holds; one without load does not', async (t) => {
  const holds = (...phases: Phase[]) => nodesVerdicts(phases, {}).map(({ holds }) => holds)
  t.strictSame(holds(phase([0, 0], {}), phase([0, 1], {}), phase([], {})), [true, false, false])
  t.strictSame(holds(phase([4, 4], undefined)), [], 'only the end of it all counts')
})

t.test('a phase may have to answer a share', async (t) => {
  const degraded = (shed: number) => {
    const begun = phase([0, 0], { okShareMin: 0.5 })
    for (const sample of begun.samples) Object.assign(sample, { ok: 4 - shed, shed })
    return nodesVerdicts([begun], {})
  }
  t.match(degraded(2), [{ holds: true }, { limit: 'drain: at least 50 % answered', figure: '4 of 8', holds: true }])
  t.match(degraded(3), [{ holds: true }, { figure: '2 of 8', holds: false }])
})

t.test('the invariants count too', async (t) => {
  t.match(nodesVerdicts([], { I1: { holds: false, checked: 7 } }), [{ limit: 'I1 holds', figure: '7 rows checked', holds: false }])
})

t.test('a line per phase', async (t) => {
  t.equal(phaseLine(phase([0, 2, 0], {})), 'drain: 3 s, 12 requests, 10 ok, 0 shed, 2 failed, the last in second 2')
  t.match(phaseLine(phase([0], {})), /0 failed$/)
})

t.test('the worker with Postgres is told from the other, and the control plane is neither', async (t) => {
  const node = (name: string, labels: Record<string, string> = {}) => ({ metadata: { name, labels }, status: {} })
  const nodes = [node('cp', { 'node-role.kubernetes.io/control-plane': '' }), node('w1'), node('w2')]
  const postgres = {
    metadata: { name: 'p', labels: { 'app.kubernetes.io/name': 'headroom-postgres' } },
    spec: { containers: [], nodeName: 'w2' },
    status: {},
  }
  t.strictSame(workersOf(nodes, [postgres]), { withPostgres: ['w2'], others: ['w1'] })
})

t.test('the load on the control plane tolerates that it takes no pods', async (t) => {
  const container = (name: string) => ({ name, image: '', args: [] })
  const spec = { initContainers: [container('load')], containers: [container('invariants')] }
  const job = { metadata: { name: 'headroom-load' }, spec: { template: { spec } } }
  const placed = onControlPlane(fillIn(job, [], { registry: undefined, tag: 'v1' }))
  t.match(placed.spec.template.spec, {
    nodeSelector: { 'node-role.kubernetes.io/control-plane': '' },
    tolerations: [{ key: 'node-role.kubernetes.io/control-plane', operator: 'Exists', effect: 'NoSchedule' }],
  })
})
