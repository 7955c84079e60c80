import fc from 'fast-check'
import t from 'tap'
import type { Stage } from '../profile.ts'
import { seededRandom } from '../random.ts'
import { Schedule, type Spacing, stageAt } from '../schedule.ts'

const stagesArbitrary = fc.array(
  fc.record({
    name: fc.constant('stage'),
    durationS: fc.double({ min: 0.05, max: 20, noNaN: true }),
    ratePerS: fc.double({ min: 0.1, max: 200, noNaN: true }),
  }),
  { minLength: 1, maxLength: 6 },
)

function arrivals(stages: readonly Stage[], spacing: Spacing, seed: number): { atMs: number; stage: number }[] {
  const schedule = new Schedule(stages, spacing, seededRandom(seed))
  const all = []
  for (; schedule.nextAtMs < Number.POSITIVE_INFINITY; schedule.advance()) all.push({ atMs: schedule.nextAtMs, stage: schedule.nextStage })
  return all
}

t.test('arrivals come in order, within their stage', async () => {
  fc.assert(
    fc.property(stagesArbitrary, fc.constantFrom<Spacing>('poisson', 'uniform'), fc.nat(), (stages, spacing, seed) => {
      let beforeMs = 0
      for (const { atMs, stage } of arrivals(stages, spacing, seed)) {
        const startMs = stages.slice(0, stage).reduce((sum, { durationS }) => sum + durationS * 1000, 0)
        const endMs = startMs + (stages[stage]?.durationS ?? 0) * 1000
        if (atMs < beforeMs || atMs < startMs - 1e-6 || atMs > endMs + 1e-6) return false
        beforeMs = atMs
      }
      return true
    }),
  )
})

t.test('even spacing offers the integral of the rate, to within one request at any time', async () => {
  fc.assert(
    fc.property(stagesArbitrary, fc.double({ min: 0, max: 1, noNaN: true }), (stages, share) => {
      const untilMs = share * stages.reduce((sum, { durationS }) => sum + durationS * 1000, 0)
      let expected = 0
      let startMs = 0
      for (const { durationS, ratePerS } of stages) {
        expected += (ratePerS * Math.min(Math.max(0, untilMs - startMs), durationS * 1000)) / 1000
        startMs += durationS * 1000
      }
      const offered = arrivals(stages, 'uniform', 1).filter(({ atMs }) => atMs <= untilMs).length
      return Math.abs(offered - expected) <= 1
    }),
  )
})

t.test('Poisson arrivals have the rate asked for and exponential gaps', async (t) => {
  const times = arrivals([{ name: 'steady', durationS: 1000, ratePerS: 50 }], 'poisson', 7).map(({ atMs }) => atMs)
  t.ok(Math.abs(times.length - 50_000) < 3 * Math.sqrt(50_000), `${times.length} of 50000`)
  const gaps = times.slice(1).map((atMs, index) => atMs - (times[index] ?? 0))
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const deviation = Math.sqrt(gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length)
  t.ok(Math.abs(deviation / mean - 1) < 0.02, `coefficient of variation ${deviation / mean}`)
})

t.test('a seed repeats the arrivals, another one does not', async (t) => {
  const stages = [{ name: 'steady', durationS: 5, ratePerS: 20 }]
  t.same(arrivals(stages, 'poisson', 3), arrivals(stages, 'poisson', 3))
  t.notSame(arrivals(stages, 'poisson', 3), arrivals(stages, 'poisson', 4))
})

t.test('the stage at a moment', async (t) => {
  const stages = [
    { name: 'a', durationS: 1, ratePerS: 1 },
    { name: 'b', durationS: 2, ratePerS: 1 },
  ]
  t.same(
    [0, 999, 1000, 2999, 3000].map((atMs) => stageAt(stages, atMs)),
    [0, 0, 1, 1, 2],
  )
})
