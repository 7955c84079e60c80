import t from 'tap'
import { checkStages, STAGES_MAX, steadyProfile, stepsProfile, surgeProfile, totalDurationS, UsageError } from '../profile.ts'

t.test('a surge is a calm, a step and a calm', async (t) => {
  t.same(surgeProfile(40, 5, 20, 60, 30), [
    { name: 'calm', durationS: 20, ratePerS: 40 },
    { name: 'surge', durationS: 60, ratePerS: 200 },
    { name: 'after', durationS: 30, ratePerS: 40 },
  ])
})

t.test('steps rise evenly from the rate to its multiple', async (t) => {
  t.same(
    stepsProfile(10, 5, 5, 50).map(({ ratePerS }) => ratePerS),
    [10, 20, 30, 40, 50],
  )
  t.equal(totalDurationS(stepsProfile(10, 5, 4, 50)), 50)
  t.same(stepsProfile(10, 5, 1, 50), [{ name: 'step-1', durationS: 50, ratePerS: 10 }])
})

t.test('limits are refused by name', async (t) => {
  const refused = (stages: Parameters<typeof checkStages>[0], message: RegExp) =>
    t.throws(() => checkStages(stages), { name: 'UsageError', message })
  refused([], /stages: must have at least one/)
  refused(
    Array.from({ length: STAGES_MAX + 1 }, () => ({ name: 's', durationS: 1, ratePerS: 1 })),
    /at most 100 stages, has 101/,
  )
  refused(steadyProfile(0, 1), /stages\[0\]\.rate: must be a number > 0/)
  refused(steadyProfile(Number.NaN, 1), /stages\[0\]\.rate/)
  refused(steadyProfile(1, 0), /stages\[0\]\.duration/)
  refused(steadyProfile(1_000_000, 1), /rate: must be at most 100000/)
  refused(steadyProfile(1, 3601), /the limit is 3600 s/)
  t.doesNotThrow(() => checkStages(steadyProfile(1, 3600)))
  t.ok(new UsageError('x') instanceof Error)
})
