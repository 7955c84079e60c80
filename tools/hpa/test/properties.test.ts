/** What must hold for any load: random clusters and random walks through time instead of chosen examples. */
import fc from 'fast-check'
import t from 'tap'
import { decide } from '../decide.ts'
import { EMPTY_HISTORY, type History } from '../history.ts'
import type { HpaSpec, ScalingPolicy } from '../spec.ts'
import { FREE, hpa, loaded, NOW_MS } from './cluster.ts'

const SYNC_MS = 15_000
const percent = fc.integer({ min: 0, max: 1000 })
const target = fc.integer({ min: 1, max: 200 })
const bounds = fc
  .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 0, max: 30 }))
  .map(([minReplicas, more]) => ({ minReplicas, maxReplicas: minReplicas + more }))
const policy: fc.Arbitrary<ScalingPolicy> = fc.record({
  type: fc.constantFrom('Pods' as const, 'Percent' as const),
  value: fc.integer({ min: 1, max: 200 }),
  periodSeconds: fc.constantFrom(15, 30, 60, 120),
})
const rules = fc.record({
  stabilizationWindowSeconds: fc.constantFrom(0, 30, 60, 300),
  selectPolicy: fc.constantFrom('Max' as const, 'Min' as const, 'Disabled' as const),
  policies: fc.array(policy, { minLength: 1, maxLength: 3 }),
})
const behavior = fc.option(fc.record({ scaleUp: rules, scaleDown: rules }), { nil: undefined })
const walk = fc.array(percent, { minLength: 1, maxLength: 40 })

interface Step {
  atMs: number
  from: number
  to: number
  load: number
}

/** Decides once a sync period, each decision carried out at once; the load is the percentage per pod. */
function run(spec: HpaSpec, start: number, loads: number[]): Step[] {
  let history: History = EMPTY_HISTORY
  let current = start
  return loads.map((load, index) => {
    const atMs = NOW_MS + index * SYNC_MS
    const decision = decide(spec, loaded(current, load, { nowMs: atMs }), history)
    const step = { atMs, from: current, to: decision.desired, load }
    history = decision.history
    current = decision.desired
    return step
  })
}

t.test('the size always ends within its bounds, from whatever it starts', async (t) => {
  fc.assert(
    fc.property(bounds, behavior, target, percent, fc.integer({ min: 1, max: 60 }), (bound, rules, goal, load, current) => {
      const { desired } = decide(hpa(goal, { ...bound, behavior: rules }), loaded(current, load), EMPTY_HISTORY)
      const outside = current < bound.minReplicas || current > bound.maxReplicas
      if (outside) return desired === (current > bound.maxReplicas ? bound.maxReplicas : bound.minReplicas)
      return desired >= bound.minReplicas && desired <= bound.maxReplicas
    }),
  )
  t.pass('held for every case tried')
})

t.test('more load never means fewer replicas', async (t) => {
  const free = { behavior: { scaleUp: FREE, scaleDown: FREE }, maxReplicas: 500 }
  fc.assert(
    fc.property(target, percent, percent, fc.integer({ min: 1, max: 40 }), (goal, a, b, current) => {
      const ask = (load: number) => decide(hpa(goal, free), loaded(current, load), EMPTY_HISTORY).desired
      return ask(Math.min(a, b)) <= ask(Math.max(a, b))
    }),
  )
  t.pass('held for every case tried')
})

t.test('a load within the tolerance changes nothing, however long it lasts', async (t) => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 200 }), fc.integer({ min: 1, max: 10 }), behavior, (goal, current, rules) => {
      const loads = [Math.ceil(goal * 0.9), goal, Math.floor(goal * 1.1), goal]
      return run(hpa(goal, { behavior: rules }), current, loads).every(({ from, to }) => from === to)
    }),
  )
  t.pass('held for every case tried')
})

t.test('nothing scales down while a higher recommendation is inside the window', async (t) => {
  fc.assert(
    fc.property(walk, fc.integer({ min: 1, max: 10 }), (loads, start) => {
      const windowMs = 60_000
      const spec = hpa(50, { behavior: { scaleUp: FREE, scaleDown: { ...FREE, stabilizationWindowSeconds: windowMs / 1000 } } })
      const steps = run(spec, start, loads)
      const wanted = ({ from, load }: Step) => (load >= 45 && load <= 55 ? from : Math.ceil((load / 50) * from))
      for (const step of steps.filter(({ from, to }) => to < from)) {
        const inWindow = steps.filter(({ atMs }) => atMs <= step.atMs && atMs > step.atMs - windowMs)
        const highest = Math.max(...inWindow.map(wanted))
        if (step.to < Math.min(highest, step.from)) return false
      }
      return true
    }),
  )
  t.pass('held for every case tried')
})

t.test('a change never ends further from the size its period began with than the policy allows', async (t) => {
  fc.assert(
    fc.property(
      walk,
      fc.integer({ min: 1, max: 5 }),
      fc.constantFrom(15, 30, 60),
      fc.integer({ min: 1, max: 40 }),
      (loads, value, periodSeconds, start) => {
        const rules = { stabilizationWindowSeconds: 0, policies: [{ type: 'Pods' as const, value, periodSeconds }] }
        const steps = run(hpa(50, { maxReplicas: 40, behavior: { scaleUp: rules, scaleDown: rules } }), start, loads)
        return steps.every(({ atMs, from, to }) => {
          const periodStart = steps.find((other) => other.atMs > atMs - periodSeconds * 1000)?.from ?? from
          // In the direction of the change: the way back to where the period began is free.
          return to === from || (to > from ? to - periodStart : periodStart - to) <= value
        })
      },
    ),
  )
  t.pass('held for every case tried')
})

t.test('a disabled direction never moves', async (t) => {
  fc.assert(
    fc.property(walk, rules, fc.integer({ min: 1, max: 10 }), (loads, other, start) => {
      const off = { ...other, selectPolicy: 'Disabled' as const }
      const up = run(hpa(50, { behavior: { scaleUp: other, scaleDown: off } }), start, loads)
      const down = run(hpa(50, { behavior: { scaleUp: off, scaleDown: other } }), start, loads)
      return up.every(({ from, to }) => to >= from) && down.every(({ from, to }) => to <= from)
    }),
  )
  t.pass('held for every case tried')
})

t.test('the input is never changed, and history stays bounded', async (t) => {
  fc.assert(
    fc.property(walk, behavior, (loads, rules) => {
      const spec = hpa(50, { behavior: rules })
      const input = loaded(4, loads[0] ?? 0)
      const before = JSON.stringify([spec, input, EMPTY_HISTORY])
      const { history } = decide(spec, input, EMPTY_HISTORY)
      return JSON.stringify([spec, input, EMPTY_HISTORY]) === before && history.recommendations.length <= 2
    }),
  )
  let history: History = EMPTY_HISTORY
  for (let index = 0; index < 500; index++) {
    history = decide(hpa(50, { behavior: {} }), loaded(4, index % 2 === 0 ? 10 : 200, { nowMs: NOW_MS + index * SYNC_MS }), history).history
  }
  t.ok(history.recommendations.length <= 300_000 / SYNC_MS + 2, `${history.recommendations.length} recommendations kept`)
  t.ok(history.scaleUps.length <= 3, `${history.scaleUps.length} events kept`)
})
