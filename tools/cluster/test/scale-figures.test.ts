import t from 'tap'
import { type Measured, quotaPerS, scaleLine, scaleVerdicts } from '../scale-figures.ts'

const measured = (replicas: number, goodPerS: number, cpuUsMean = 5000): Measured => ({
  replicas,
  goodPerS,
  cpuUsMean,
  seconds: 20,
  good: goodPerS * 20,
  bad: 0,
  medianMs: 100,
  goodByPod: {},
})

t.test('the quota pays for its milliseconds divided by what an answer costs', async (t) => {
  t.equal(quotaPerS(measured(1, 17), 100), 20)
  t.equal(quotaPerS(measured(6, 90), 100), 120)
})

t.test('capacity that grows with replicas passes', async (t) => {
  t.ok(scaleVerdicts([measured(1, 17), measured(2, 34), measured(4, 66), measured(6, 96)], 100).every(({ holds }) => holds))
})

t.test('a size that gives less than 0.92 of its share fails', async (t) => {
  const failed = scaleVerdicts([measured(1, 17), measured(4, 60)], 100).filter(({ holds }) => !holds)
  t.match(failed, [{ limit: /4 replicas/, figure: '0.882' }])
})

t.test('more answers than the quota pays for is a failed measurement, and so is none', async (t) => {
  t.match(scaleVerdicts([measured(1, 25)], 100), [{ holds: false, figure: /25.0\/s of at most 20.0\/s/ }])
  t.match(scaleVerdicts([measured(1, 0, 0)], 100), [{ holds: false }])
})

t.test('a line per size', async (t) => {
  t.match(scaleLine(measured(2, 34), measured(1, 17), 100), /^2 x 100m +34\.0\/s +2\.00 x +median 100 ms +5\.00 ms CPU each +0 bad$/)
})
