import t from 'tap'
import type { PodState } from '../pods.ts'
import {
  isWithin,
  replicasByAverage,
  replicasByShare,
  replicasByUtilization,
  replicasByValue,
  type Situation,
  type Tolerances,
} from '../replicas.ts'
import { DEFAULT_FLAGS } from '../spec.ts'
import { NOW_MS, pod, pods, samples } from './cluster.ts'

const TEN_PERCENT: Tolerances = { scaleUp: 0.1, scaleDown: 0.1 }
const UNREADY: Partial<PodState> = { ready: { status: 'False', sinceMs: NOW_MS - 3_600_000 } }
const PENDING: Partial<PodState> = { phase: 'Pending', ready: null, startedAtMs: null }
const HOT: Partial<PodState> = { startedAtMs: NOW_MS - 1000, ready: { status: 'True', sinceMs: NOW_MS - 1000 } }

function situation(list: PodState[], currentReplicas: number, tolerances = TEN_PERCENT): Situation {
  return { nowMs: NOW_MS, currentReplicas, pods: list, flags: DEFAULT_FLAGS, tolerances }
}

/** Pods numbered in order; each entry changes one. */
function mixed(...changes: Partial<PodState>[]): PodState[] {
  return changes.map((change, index) => pod(`pod-${index}`, change))
}

interface Case {
  title: string
  pods: PodState[]
  current?: number
  levels: number[]
  target: number
  replicas: number
  percent: number
  tolerances?: Tolerances
}

// Upstream's replica calculator table: levels in millicores of a request of one CPU, target in percent.
const CPU_CASES: Case[] = [
  { title: 'scale up', pods: pods(3), levels: [300, 500, 700], target: 30, replicas: 5, percent: 50 },
  { title: 'scale up, one unready', pods: mixed(UNREADY, {}, {}), levels: [300, 500, 700], target: 30, replicas: 4, percent: 60 },
  { title: 'scale up, one hot CPU', pods: mixed(HOT, {}, {}), levels: [300, 500, 700], target: 30, replicas: 4, percent: 60 },
  { title: 'pending pods damp a scale-up', pods: mixed({}, PENDING, PENDING), levels: [400], target: 30, replicas: 3, percent: 40 },
  {
    title: 'failed pods do not count',
    pods: mixed({}, {}, { phase: 'Failed' }),
    current: 2,
    levels: [500, 700],
    target: 30,
    replicas: 4,
    percent: 60,
  },
  {
    title: 'deleting pods do not count',
    pods: mixed({}, {}, { deleting: true }),
    current: 2,
    levels: [500, 700, 900],
    target: 30,
    replicas: 4,
    percent: 60,
  },
  { title: 'scale down', pods: pods(5), levels: [100, 300, 500, 250, 250], target: 50, replicas: 3, percent: 28 },
  {
    title: 'scale down without the unready',
    pods: mixed({}, {}, {}, UNREADY, UNREADY),
    levels: [100, 300, 500, 250, 250],
    target: 50,
    replicas: 2,
    percent: 30,
  },
  {
    title: 'scale down without the hot',
    pods: mixed({}, {}, {}, HOT, HOT),
    levels: [100, 300, 500, 250, 250],
    target: 50,
    replicas: 2,
    percent: 30,
  },
  {
    title: 'scale down without the pending',
    pods: mixed({}, PENDING, PENDING, PENDING, PENDING),
    levels: [100],
    target: 50,
    replicas: 1,
    percent: 10,
  },
  { title: 'missing count as 100 % on the way down', pods: pods(4), levels: [400, 95], target: 100, replicas: 3, percent: 24 },
  { title: 'missing, at target', pods: pods(2), levels: [1000], target: 100, replicas: 2, percent: 100 },
  { title: 'missing count as 0 % on the way up', pods: pods(2), levels: [1900], target: 100, replicas: 2, percent: 190 },
  { title: 'missing turn a scale-down into nothing', pods: pods(2), levels: [600], target: 100, replicas: 2, percent: 60 },
  { title: 'missing and unready, nothing to do', pods: mixed(UNREADY, {}, {}), levels: [100, 450], target: 50, replicas: 3, percent: 45 },
  { title: 'missing and unready, still up', pods: mixed(UNREADY, {}, {}), levels: [100, 2000], target: 50, replicas: 4, percent: 200 },
  {
    title: 'missing and unready, still down',
    pods: mixed(UNREADY, {}, {}, {}),
    levels: [100, 100, 100],
    target: 50,
    replicas: 3,
    percent: 10,
  },
  {
    title: 'a surge pod without a sample does not turn a scale-down up',
    pods: pods(3),
    current: 2,
    levels: [100, 100],
    target: 50,
    replicas: 2,
    percent: 10,
  },
  { title: 'within 10 % up', pods: pods(2), levels: [549, 549], target: 50, replicas: 2, percent: 54 },
  { title: 'within 10 % down', pods: pods(4), levels: [450, 450, 450, 450], target: 50, replicas: 4, percent: 45 },
  {
    title: 'a tighter tolerance up',
    pods: pods(2),
    levels: [520, 520],
    target: 50,
    replicas: 3,
    percent: 52,
    tolerances: { scaleUp: 0.02, scaleDown: 0.1 },
  },
  {
    title: 'the tolerance of the other direction does not help',
    pods: pods(2),
    levels: [540, 540],
    target: 50,
    replicas: 2,
    percent: 54,
    tolerances: { scaleUp: 0.1, scaleDown: 0 },
  },
  {
    title: 'a tighter tolerance down',
    pods: pods(20),
    levels: Array(20).fill(470),
    target: 50,
    replicas: 19,
    percent: 47,
    tolerances: { scaleUp: 0.1, scaleDown: 0.05 },
  },
]

for (const { title, pods: list, current = list.length, levels, target, replicas, percent, tolerances } of CPU_CASES) {
  t.test(`CPU: ${title}`, async (t) => {
    const measured = replicasByUtilization(situation(list, current, tolerances), samples(...levels), { resource: 'cpu', percent: target })
    t.match(measured, { replicas, utilizationPercent: percent })
  })
}

t.test('with a target over 100 %, a missing pod counts as at the target', async (t) => {
  const request = (cpu: string) => ({ containers: [{ name: 'app', requests: { cpu } }] })
  const list = mixed({ ...UNREADY, ...request('1') }, request('1'), request('2'), request('2'))
  const measured = replicasByUtilization(situation(list, 4), samples(200, 100, 100), { resource: 'cpu', percent: 300 })
  t.match(measured, { replicas: 2, utilizationPercent: 6, valueMilli: 100 })
})

t.test('what cannot be told is an error, not a guess', async (t) => {
  const ask = (list: PodState[], levels: number[]) => () =>
    replicasByUtilization(situation(list, 1), samples(...levels), { resource: 'cpu', percent: 50 })
  t.throws(ask([], [100]), { message: 'no pods returned by selector while calculating replica count' })
  t.throws(ask(mixed(UNREADY), [100]), { message: 'did not receive metrics for targeted pods (pods might be unready)' })
  t.throws(ask([pod('other')], [100]), { message: 'no metrics returned matched known pods' })
  t.throws(ask(mixed({ containers: [{ name: 'app', requests: {} }] }), [100]), {
    message: 'missing request for cpu in container app of Pod pod-0',
  })
})

t.test('averages per pod, the cases upstream has for a Pods metric', async (t) => {
  const ask = (list: PodState[], levels: number[], averageMilli: number, current = list.length) =>
    replicasByAverage(situation(list, current), samples(...levels), { resource: '', averageMilli })
  t.match(ask(pods(3), [20_000, 10_000, 30_000], 15_000), { replicas: 4, valueMilli: 20_000 })
  t.match(ask(pods(5), [20_000, 19_000, 21_000], 20_000), { replicas: 5, valueMilli: 20_000 }, 'missing pods at exactly the target')
  t.match(ask(mixed(UNREADY, UNREADY, UNREADY), [20_000, 10_000, 30_000], 15_000), { replicas: 4 }, 'readiness does not matter')
  t.match(ask(pods(3), [10_000, 10_000], 17_000, 2), { replicas: 2 }, 'a surge pod does not turn the direction')
  t.match(ask(pods(5), [12_000, 12_000, 12_000, 12_000, 12_000], 20_000), { replicas: 3, valueMilli: 12_000 })
})

t.test('one value for the whole target', async (t) => {
  t.match(replicasByValue(situation(pods(3), 3), 20_000, 15_000), { replicas: 4, valueMilli: 20_000 })
  t.match(replicasByValue(situation(mixed({}, {}, UNREADY), 3), 20_000, 10_000), { replicas: 4 }, 'only ready pods are multiplied')
  t.match(replicasByValue(situation(pods(3), 3), 15_500, 15_000), { replicas: 3 })
  t.match(replicasByValue(situation([], 0), 35_000, 10_000), { replicas: 4 }, 'from zero')
  t.match(replicasByValue(situation([], 0), 0, 10_000), { replicas: 0 }, 'stays at zero')
  t.throws(() => replicasByValue(situation([], 2), 35_000, 10_000), { message: /no pods returned by selector/ })
})

t.test('one total shared by the pods', async (t) => {
  t.match(replicasByShare(situation(pods(3), 3), 8600, 2150, 3), { replicas: 4, valueMilli: 2867 })
  t.match(replicasByShare(situation(pods(4), 4), 8600, 2150, 4), { replicas: 4, valueMilli: 2150 })
  t.match(replicasByShare(situation([], 0), 8600, 2150, 0), { replicas: 4, valueMilli: 8600 })
  t.match(replicasByShare(situation([], 0), 0, 2150, 0), { replicas: 0 })
})

t.test('the tolerance band includes its edges', async (t) => {
  t.ok(isWithin(1.1, TEN_PERCENT))
  t.ok(isWithin(0.9, TEN_PERCENT))
  t.notOk(isWithin(1.1001, TEN_PERCENT))
  t.notOk(isWithin(0.8999, TEN_PERCENT))
})
