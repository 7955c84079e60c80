import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { MicroCache } from '../lib/micro-cache.ts'

t.test('all who ask during a load share it, and its value for a moment after', async (t) => {
  let loads = 0
  const cache = new MicroCache({ ttlMs: 60_000, entriesMax: 10, load: async (key) => `${key} ${++loads}` })
  t.strictSame(await Promise.all([cache.get('a'), cache.get('a'), cache.get('b')]), ['a 1', 'a 1', 'b 2'])
  t.equal(await cache.get('a'), 'a 1')
})

t.test('a value past its age is loaded again', async (t) => {
  let loads = 0
  const cache = new MicroCache({ ttlMs: 20, entriesMax: 10, load: async () => ++loads })
  t.equal(await cache.get('a'), 1)
  await delay(30)
  t.equal(await cache.get('a'), 2)
})

t.test('a failed load is told to all who waited and not kept', async (t) => {
  let loads = 0
  const load = async () => {
    if (++loads === 1) throw new Error('no answer')
    return loads
  }
  const cache = new MicroCache({ ttlMs: 60_000, entriesMax: 10, load })
  const failed = await Promise.allSettled([cache.get('a'), cache.get('a')])
  t.match(failed, [{ reason: { message: 'no answer' } }, { reason: { message: 'no answer' } }])
  t.equal(await cache.get('a'), 2)
})

t.test('many keys do not fill the memory: the oldest goes', async (t) => {
  const loaded: string[] = []
  const cache = new MicroCache({
    ttlMs: 60_000,
    entriesMax: 2,
    load: async (key) => {
      loaded.push(key)
      return key
    },
  })
  for (const key of ['a', 'b', 'c', 'b', 'a']) await cache.get(key)
  t.strictSame(loaded, ['a', 'b', 'c', 'a'])
})
