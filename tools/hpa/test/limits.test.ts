import t from 'tap'
import { EMPTY_HISTORY, type History, recommended, scaled, startedAt } from '../history.ts'
import { limit, scaleDownLimit, scaleUpLimit, stabilize } from '../limits.ts'
import { DEFAULT_FLAGS, type DefaultedRules, type HpaSpec, type ScalingPolicy, type ScalingRules, withDefaults } from '../spec.ts'
import { hpa, NOW_MS } from './cluster.ts'

const ago = (seconds: number) => NOW_MS - seconds * 1000

function rules(selectPolicy: DefaultedRules['selectPolicy'], ...policies: [ScalingPolicy['type'], number, number][]): DefaultedRules {
  return {
    stabilizationWindowSeconds: 0,
    selectPolicy,
    policies: policies.map(([type, value, periodSeconds]) => ({ type, value, periodSeconds })),
  }
}

function history(changes: Partial<History>): History {
  return { ...EMPTY_HISTORY, ...changes }
}

t.test('the documentation: 4 pods or 10 % a minute, whichever removes more', async (t) => {
  const either = rules('Max', ['Pods', 4, 60], ['Percent', 10, 60])
  t.equal(scaleDownLimit(either, EMPTY_HISTORY, NOW_MS, 80), 72)
  t.equal(scaleDownLimit(either, EMPTY_HISTORY, NOW_MS, 72), 64, '7.2 is rounded up to 8')
  t.equal(scaleDownLimit(either, EMPTY_HISTORY, NOW_MS, 40), 36)
  t.equal(scaleDownLimit(either, EMPTY_HISTORY, NOW_MS, 20), 16, 'below 40 the four pods are more')
})

t.test('Min takes the smaller change, Disabled none', async (t) => {
  const down = [
    ['Pods', 5, 60],
    ['Percent', 10, 60],
  ] as [ScalingPolicy['type'], number, number][]
  t.equal(scaleDownLimit(rules('Min', ...down), EMPTY_HISTORY, NOW_MS, 20), 18)
  t.equal(scaleDownLimit(rules('Disabled', ...down), EMPTY_HISTORY, NOW_MS, 20), 20)
  t.equal(scaleUpLimit(rules('Min', ...down), EMPTY_HISTORY, NOW_MS, 20), 22)
  t.equal(scaleUpLimit(rules('Max', ...down), EMPTY_HISTORY, NOW_MS, 20), 25)
  t.equal(scaleUpLimit(rules('Disabled', ...down), EMPTY_HISTORY, NOW_MS, 20), 20)
})

t.test('a small percentage still adds a pod, and takes one away', async (t) => {
  t.equal(scaleUpLimit(rules('Max', ['Percent', 1, 15]), EMPTY_HISTORY, NOW_MS, 3), 4)
  t.equal(scaleDownLimit(rules('Max', ['Percent', 1, 15]), EMPTY_HISTORY, NOW_MS, 3), 2)
})

t.test('changes inside a period use up its allowance, older ones do not', async (t) => {
  const four = rules('Max', ['Pods', 4, 60])
  const events = history({
    scaleUps: [
      { atMs: ago(60), change: 9 },
      { atMs: ago(59), change: 3 },
    ],
  })
  t.equal(scaleUpLimit(four, events, NOW_MS, 10), 11, '7 at the period start, plus 4')
  t.equal(scaleDownLimit(four, history({ scaleDowns: [{ atMs: ago(5), change: 3 }] }), NOW_MS, 10), 9)
  t.equal(scaleUpLimit(four, history({ scaleDowns: [{ atMs: ago(5), change: 3 }] }), NOW_MS, 10), 17, 'a way down may be retraced')
})

const ROOMY = { minReplicas: 2, maxReplicas: 1000 }

function limited(spec: Partial<HpaSpec>, current: number, wanted: number, past = EMPTY_HISTORY) {
  const { replicas, reason } = limit(withDefaults(hpa(50, spec)), past, NOW_MS, current, wanted)
  return [replicas, reason]
}

t.test('without behavior one step goes to twice the size or to four', async (t) => {
  t.strictSame(limited(ROOMY, 2, 100), [4, 'ScaleUpLimit'])
  t.strictSame(limited(ROOMY, 10, 100), [20, 'ScaleUpLimit'])
  t.strictSame(limited({ ...ROOMY, maxReplicas: 15 }, 10, 100), [15, 'TooManyReplicas'])
  t.strictSame(limited(ROOMY, 10, 1), [2, 'TooFewReplicas'])
  t.strictSame(limited(ROOMY, 10, 12), [12, 'DesiredWithinRange'])
})

t.test('with the default behavior a step adds 4 or doubles, in any 15 s', async (t) => {
  t.strictSame(limited({ ...ROOMY, behavior: {} }, 2, 100), [6, 'ScaleUpLimit'])
  t.strictSame(limited({ ...ROOMY, behavior: {} }, 10, 100), [20, 'ScaleUpLimit'])
  t.strictSame(limited({ ...ROOMY, behavior: {} }, 20, 100, history({ scaleUps: [{ atMs: ago(14), change: 10 }] })), [20, 'ScaleUpLimit'])
  t.strictSame(limited({ ...ROOMY, maxReplicas: 5, behavior: {} }, 2, 100), [5, 'TooManyReplicas'])
  t.strictSame(limited({ ...ROOMY, behavior: {} }, 100, 1), [2, 'TooFewReplicas'])
  t.strictSame(limited({ ...ROOMY, behavior: {} }, 10, 10), [10, 'DesiredWithinRange'])
})

t.test('a slow scale-down names its limit and never turns into a scale-up', async (t) => {
  const slow: Partial<HpaSpec> = { ...ROOMY, behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } } }
  t.strictSame(limited(slow, 10, 3), [9, 'ScaleDownLimit'])
  t.strictSame(limited(slow, 10, 3, history({ scaleDowns: [{ atMs: ago(30), change: 5 }] })), [10, 'ScaleDownLimit'])
})

function stabilized(scaleUp: ScalingRules, scaleDown: ScalingRules, past: [number, number][], current: number, wanted: number): number {
  const spec = withDefaults(hpa(50, { behavior: { scaleUp, scaleDown } }))
  const recommendations = past.map(([seconds, replicas]) => ({ atMs: ago(seconds), replicas }))
  return stabilize(spec, DEFAULT_FLAGS, history({ recommendations }), NOW_MS, current, wanted)
}

const window = (stabilizationWindowSeconds: number): ScalingRules => ({ stabilizationWindowSeconds })

t.test('a window holds back to its most cautious recommendation', async (t) => {
  t.equal(stabilized(window(0), window(300), [[200, 8]], 8, 2), 8)
  t.equal(stabilized(window(0), window(300), [[200, 5]], 8, 2), 5)
  t.equal(stabilized(window(0), window(300), [[301, 8]], 8, 2), 2, 'too old to matter')
  t.equal(stabilized(window(0), window(0), [[1, 8]], 8, 2), 2, 'no window, no memory')
  t.equal(stabilized(window(60), window(0), [[30, 4]], 3, 9), 4)
  t.equal(stabilized(window(60), window(0), [[30, 1]], 3, 9), 3, 'an earlier wish to shrink does not shrink it now')
  t.equal(
    stabilized(
      window(60),
      window(300),
      [
        [10, 2],
        [100, 9],
      ],
      5,
      5,
    ),
    5,
  )
})

t.test("without behavior the controller's window alone counts", async (t) => {
  const spec = withDefaults(hpa(50))
  const past = history({
    recommendations: [
      { atMs: ago(300), replicas: 7 },
      { atMs: ago(301), replicas: 9 },
    ],
  })
  t.equal(stabilize(spec, DEFAULT_FLAGS, past, NOW_MS, 7, 2), 7)
})

t.test('history: the first look counts as a recommendation, old entries go', async (t) => {
  const first = startedAt(EMPTY_HISTORY, 3, NOW_MS)
  t.strictSame(first.recommendations, [{ atMs: NOW_MS, replicas: 3 }])
  t.equal(startedAt(first, 9, NOW_MS), first)
  t.strictSame(recommended(first, 4, NOW_MS + 300_001, 300_000).recommendations, [{ atMs: NOW_MS + 300_001, replicas: 4 }])
  t.equal(recommended(first, 4, NOW_MS + 300_000, 300_000).recommendations.length, 2)
})

t.test('history: changes are kept as long as a policy can ask, and only if there is one', async (t) => {
  const { behavior } = withDefaults(hpa(50, { behavior: { scaleDown: { policies: [{ type: 'Pods', value: 1, periodSeconds: 60 }] } } }))
  const once = scaled(EMPTY_HISTORY, 5, 2, NOW_MS, behavior)
  t.strictSame(once, { ...EMPTY_HISTORY, scaleDowns: [{ atMs: NOW_MS, change: 3 }] })
  t.strictSame(scaled(once, 2, 4, NOW_MS + 60_001, behavior), { ...EMPTY_HISTORY, scaleUps: [{ atMs: NOW_MS + 60_001, change: 2 }] })
  t.equal(scaled(once, 2, 4, NOW_MS, undefined), once)
})
