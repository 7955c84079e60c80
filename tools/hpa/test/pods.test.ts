import t from 'tap'
import { groupPods, type PodState, requestsByPod } from '../pods.ts'
import { DEFAULT_FLAGS } from '../spec.ts'
import { MINUTE_MS, NOW_MS, pod } from './cluster.ts'

// The cases of upstream's TestGroupPods, with its flags.
const FLAGS = { ...DEFAULT_FLAGS, cpuInitializationPeriodMs: 2 * MINUTE_MS, initialReadinessDelayMs: 10_000 }
const ago = (seconds: number) => NOW_MS - seconds * 1000
const ready = (status: 'True' | 'False', secondsAgo: number) => ({ status, sinceMs: ago(secondsAgo) })

interface Case {
  title: string
  changes: Partial<PodState>
  sample?: { timestampMs: number; windowMs: number } | null
  metric?: string
  group: 'ready' | 'unready' | 'missing' | 'ignored'
}

const CASES: Case[] = [
  { title: 'memory does not look at readiness', changes: { ready: null, startedAtMs: null }, metric: 'memory', group: 'ready' },
  { title: 'no Ready condition', changes: { ready: null }, group: 'unready' },
  { title: 'no start time', changes: { startedAtMs: null }, group: 'unready' },
  {
    title: 'young and ready, the sample began after it became ready',
    changes: { startedAtMs: ago(60), ready: ready('True', 30) },
    sample: { timestampMs: NOW_MS, windowMs: 30_000 },
    group: 'ready',
  },
  {
    title: 'young and ready, the sample still holds its start',
    changes: { startedAtMs: ago(60), ready: ready('True', 30) },
    sample: { timestampMs: NOW_MS, windowMs: 60_000 },
    group: 'unready',
  },
  { title: 'young and unready', changes: { startedAtMs: ago(60), ready: ready('False', 30) }, group: 'unready' },
  { title: 'old, never became ready', changes: { startedAtMs: ago(600), ready: ready('False', 594) }, group: 'unready' },
  {
    title: 'old and ready, whatever its sample',
    changes: { startedAtMs: ago(180), ready: ready('True', 180) },
    sample: { timestampMs: 0, windowMs: 60_000 },
    group: 'ready',
  },
  { title: 'old and unready, but it was ready once', changes: { startedAtMs: ago(600), ready: ready('False', 540) }, group: 'ready' },
  { title: 'no sample', changes: {}, sample: null, group: 'missing' },
  { title: 'pending, even with a sample', changes: { phase: 'Pending' }, group: 'unready' },
  { title: 'pending without a sample', changes: { phase: 'Pending' }, sample: null, group: 'unready' },
  { title: 'failed', changes: { phase: 'Failed' }, group: 'ignored' },
  { title: 'being deleted', changes: { deleting: true }, group: 'ignored' },
]

for (const { title, changes, sample = { timestampMs: NOW_MS, windowMs: MINUTE_MS }, metric = 'cpu', group } of CASES) {
  t.test(`${title}: ${group}`, async (t) => {
    const samples = new Map(sample === null ? [] : [['pod-0', { milli: 1, ...sample }]])
    const groups = groupPods([pod('pod-0', changes)], samples, metric, FLAGS, NOW_MS)
    t.strictSame(groups, {
      readyCount: group === 'ready' ? 1 : 0,
      unready: group === 'unready' ? ['pod-0'] : [],
      missing: group === 'missing' ? ['pod-0'] : [],
      ignored: group === 'ignored' ? ['pod-0'] : [],
    })
  })
}

t.test('requests add up over containers, or are those of one', async (t) => {
  const two = pod('a', {
    containers: [
      { name: 'app', requests: { cpu: '200m' } },
      { name: 'proxy', requests: { cpu: 0.1 } },
    ],
  })
  t.equal(requestsByPod([two], 'cpu', undefined).get('a'), 300)
  t.equal(requestsByPod([two], 'cpu', 'proxy').get('a'), 100)
})

t.test('one container without a request makes the whole pod unmeasurable', async (t) => {
  const half = pod('a', {
    containers: [
      { name: 'app', requests: { cpu: '200m' } },
      { name: 'proxy', requests: {} },
    ],
  })
  t.throws(() => requestsByPod([half], 'cpu', undefined), { message: 'missing request for cpu in container proxy of Pod a' })
  t.equal(requestsByPod([half], 'cpu', 'app').get('a'), 200)
  t.throws(() => requestsByPod([half], 'cpu', 'gone'), { message: 'container gone not found in Pod a' })
})
