import t from 'tap'
import { MicroCache } from '../lib/micro-cache.ts'

t.test('a value is fetched once while it is under way and while it is fresh', async (t) => {
  let now = 0
  let fetched = 0
  const pending: ((value: number) => void)[] = []
  const cache = new MicroCache<number>(500, 10, () => now)
  const ask = (key: string) =>
    cache.get(key, () => {
      fetched++
      return new Promise((resolve) => pending.push(resolve))
    })
  const [first, second] = [ask('a'), ask('a')]
  now = 10_000
  const third = ask('a')
  t.equal(fetched, 1, 'nobody asks again while an answer is awaited, however long')
  pending[0]?.(7)
  t.strictSame(await Promise.all([first, second, third]), [7, 7, 7])
  now += 499
  t.equal(await ask('a'), 7)
  t.equal(fetched, 1)
  now += 1
  const late = ask('a')
  t.equal(fetched, 2, 'not fresh any more')
  pending[1]?.(8)
  t.equal(await late, 8)
})

t.test('a failure is remembered as long as a value', async (t) => {
  let now = 0
  let fetched = 0
  const cache = new MicroCache<number>(500, 10, () => now)
  const fail = () => {
    fetched++
    return Promise.reject(new Error('gone'))
  }
  await t.rejects(cache.get('a', fail))
  await t.rejects(cache.get('a', fail))
  t.equal(fetched, 1)
  now += 500
  await t.rejects(cache.get('a', fail))
  t.equal(fetched, 2)
})
