import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { CatalogCache } from '../lib/catalog-cache.ts'
import type { CatalogEvent } from '../lib/pages.ts'

const event: CatalogEvent = { id: 'a', name: 'A', startsAt: '2027-01-01T00:00:00.000Z', tiers: [] }

t.test('many readers at once cause one reading', async (t) => {
  let readings = 0
  const cache = new CatalogCache(async () => {
    readings++
    await delay(5)
    return [event]
  }, 60_000)
  const pages = await Promise.all(Array.from({ length: 50 }, () => cache.read()))
  t.equal(readings, 1)
  t.equal(new Set(pages).size, 1)
  t.equal(cache.current, pages[0], 'the fast path gives the same')
})

t.test('a slow database holds readers up once and for a bounded time, then the old pages are given', async (t) => {
  let answer: (events: CatalogEvent[]) => void = () => {}
  let readings = 0
  const cache = new CatalogCache(
    () =>
      new Promise((resolve) => {
        readings++
        answer = resolve
        if (readings === 1) resolve([event])
      }),
    50,
  )
  await cache.read()
  await delay(60)
  const started = performance.now()
  const pages = await cache.read()
  t.ok(performance.now() - started < 1000)
  t.equal(JSON.parse(pages.list.body.toString()).degraded, true)
  t.equal(readings, 2, 'the slow reading is not repeated')
  answer([{ ...event, name: 'B' }])
  await delay(0)
  t.match(JSON.parse(cache.current?.list.body.toString() ?? '{}'), { events: [{ name: 'B' }], degraded: false })
})

t.test('a catalog that did not change keeps its pages', async (t) => {
  const cache = new CatalogCache(async () => [structuredClone(event)], 1)
  const first = await cache.read()
  await delay(5)
  t.equal(await cache.read(), first)
})

t.test('a failing database is asked at most once per limit', async (t) => {
  let readings = 0
  const cache = new CatalogCache(async () => {
    if (readings++ > 0) throw new Error('gone')
    return [event]
  }, 100)
  await cache.read()
  await delay(110)
  for (let i = 0; i < 100; i++) t.equal(JSON.parse((await cache.read()).list.body.toString()).degraded, true)
  t.equal(readings, 2)
})
