import fc from 'fast-check'
import t from 'tap'
import { slopePerMinute } from '../slope.ts'

t.test('a straight line has its slope, wherever it begins', async (t) => {
  const number = fc.integer({ min: -1000, max: 1000 })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(number, number, fc.integer({ min: 2, max: 50 }), (from, perMinute, count) => {
        const samples = Array.from({ length: count }, (_, i) => ({ atS: 1e5 + 5 * i, value: from + (perMinute * 5 * i) / 60 }))
        return Math.abs(slopePerMinute(samples) - perMinute) < 1e-3
      }),
    ),
  )
})

t.test('a saw that comes down to where it was grows far less than it seems to in a tooth', async (t) => {
  const saw = Array.from({ length: 300 }, (_, i) => ({ atS: i, value: i % 30 }))
  t.ok(Math.abs(slopePerMinute(saw)) < 1, String(slopePerMinute(saw)))
  t.equal(Math.round(slopePerMinute(saw.slice(0, 30))), 60)
})

t.test('fewer than two moments have no slope', async (t) => {
  t.equal(slopePerMinute([]), 0)
  t.equal(slopePerMinute([{ atS: 1, value: 5 }]), 0)
  t.equal(
    slopePerMinute([
      { atS: 1, value: 5 },
      { atS: 1, value: 9 },
    ]),
    0,
  )
})
