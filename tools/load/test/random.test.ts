import t from 'tap'
import { pick, seededRandom } from '../random.ts'

t.test('numbers fill [0, 1) evenly', async (t) => {
  const random = seededRandom(42)
  const tenths = new Array<number>(10).fill(0)
  for (let draw = 0; draw < 100_000; draw += 1) {
    const tenth = Math.floor(random() * 10)
    tenths[tenth] = (tenths[tenth] ?? 0) + 1
  }
  t.equal(tenths.length, 10, 'none outside')
  for (const count of tenths) t.ok(Math.abs(count - 10_000) < 400, `${count} of 10000`)
})

t.test('picking takes every item, and refuses an empty list', async (t) => {
  const random = seededRandom(1)
  t.same(new Set(Array.from({ length: 100 }, () => pick(['a', 'b', 'c'], random))), new Set(['a', 'b', 'c']))
  t.throws(() => pick([], random), RangeError)
})
