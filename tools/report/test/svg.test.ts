import t from 'tap'
import { area, type Frame, leftPercent, line, type Point, roundTop, steps, timeTicks } from '../svg.ts'

const frame: Frame = { fromS: 0, untilS: 10, top: 4 }

t.test('lines keep values apart from what is not known', async (t) => {
  t.equal(
    line(
      [
        [0, 0],
        [5, 2],
        [10, 4],
      ],
      frame,
      'la',
    ),
    '<path class="la" d="M0 100L500 50L1000 0"/>',
  )
  t.equal(
    line(
      [
        [0, 1],
        [2, null],
        [4, 1],
        [5, 1],
      ],
      frame,
      'la',
    ),
    '<path class="la" d="M0 75M400 75L500 75"/>',
  )
  t.equal(line([[0, null]], frame, 'la'), '')
  t.match(line([[0, 9]], frame, 'la'), 'M0 0', 'what is above the top stays inside')
})

t.test('steps write each stretch once', async (t) => {
  t.equal(
    steps(
      [
        [0, 1],
        [1, 1],
        [2, 1],
        [5, 2],
        [10, 2],
      ],
      frame,
      'lb',
    ),
    '<path class="lb" d="M0 75L500 75L500 50L1000 50"/>',
  )
  t.equal(
    area(
      [
        [0, 1],
        [10, 1],
      ],
      frame,
      'fa',
    ),
    '<path class="fa" d="M0 100L0 75L1000 75L1000 100Z"/>',
  )
  t.equal(area([], frame, 'fa'), '')
})

t.test('many points become few, and no peak is lost', async (t) => {
  const points: Point[] = Array.from({ length: 10_000 }, (_, index) => [index / 1000, index === 5001 ? 4 : 1])
  const path = line(points, frame, 'la')
  t.ok(path.split('L').length <= 900, `${path.split('L').length} points`)
  t.match(path, / 0L/, 'the peak')
})

t.test('ticks and tops are round', async (t) => {
  t.strictSame([0, 1, 3.9, 100, 101, 0.5, Number.NaN].map(roundTop), [2, 2, 6, 200, 200, 0.6, 2])
  t.strictSame(timeTicks({ ...frame, untilS: 90 }), [0, 15, 30, 45, 60, 75, 90])
  t.strictSame(timeTicks({ ...frame, untilS: 0 }), [0])
  for (const untilS of [7, 61, 900, 3600, 86_400, 1e7]) t.ok(timeTicks({ ...frame, untilS }).length <= 50)
  t.equal(leftPercent(2.5, frame), 25)
})
