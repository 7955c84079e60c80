import t from 'tap'
import { ConcurrencyLimit, windowMs } from '../concurrency-limit.ts'
import { type Simulation, simulate, summarize } from './simulated-loop.ts'

/** What refusals leave of the capacity: at 3x overload two thirds of all arrivals cost `shedMs` each. */
const shedMs = 0.05
/** What browsing may wait in the queue by its estimate, as much again where that errs, and some work. */
const latestMs = 400
function attainablePerS(capacityPerS: number, offeredPerS: number, workMs: number): number {
  return (capacityPerS * workMs - offeredPerS * shedMs) / (workMs - shedMs)
}

const servers = [
  { name: '5 ms of work', workMs: 5, quota: 1 },
  { name: '1 ms of work', workMs: 1, quota: 1 },
  { name: '0.2 ms of work', workMs: 0.2, quota: 1 },
  { name: '1 ms of work, throttled to 20 of every 100 ms', workMs: 1, quota: 0.2 },
  { name: '5 ms of work, throttled to 20 of every 100 ms', workMs: 5, quota: 0.2 },
  { name: '5 ms of work around a peer that takes 50 ms', workMs: 5, quota: 1, peerMs: () => 50 },
  { name: '0.2 ms of work around a peer that takes 20 ms', workMs: 0.2, quota: 1, peerMs: () => 20 },
] satisfies (Partial<Simulation> & { name: string })[]

for (const { name, ...server } of servers) {
  const capacityPerS = (1000 / server.workMs) * server.quota
  t.test(name, async (t) => {
    const calm = simulate({ ...server, shedMs, ratePerS: () => 0.9 * capacityPerS, durationMs: 60_000 })
    const usual = summarize(calm.outcomes, 0, 60_000)
    t.ok(usual.shedRatio < 0.01, `at 0.9x it sheds ${usual.shedRatio}`)

    const ratePerS = (nowMs: number) => (nowMs >= 10_000 && nowMs < 40_000 ? 3 : 0.9) * capacityPerS
    const { outcomes } = simulate({ ...server, shedMs, ratePerS, durationMs: 60_000 })
    const overload = summarize(outcomes, 15_000, 40_000)
    const attainable = attainablePerS(capacityPerS, 3 * capacityPerS, server.workMs)
    t.ok(overload.goodPerS >= 0.95 * attainable, `at 3x ${overload.goodPerS} good answers/s of ${attainable}`)
    t.ok(overload.p99Ms <= Math.max(latestMs, 3 * usual.p99Ms), `at 3x p99 ${overload.p99Ms} ms, at 0.9x ${usual.p99Ms} ms`)
    const recovered = summarize(outcomes, 43_000, 60_000)
    t.ok(recovered.shedRatio < 0.01, `3 s after it sheds ${recovered.shedRatio}`)
    t.ok(recovered.p99Ms <= Math.max(50, 2 * usual.p99Ms), `3 s after p99 ${recovered.p99Ms} ms`)
  })
}

t.test('without them the same overload answers nobody in time', async (t) => {
  const free = simulate({ workMs: 5, ratePerS: () => 600, durationMs: 20_000, unlimited: true })
  t.ok(summarize(free.outcomes, 5000, 20_000).p99Ms > 20_000)
})

t.test('work that only begins after a peer has answered passes the queue, and the limit keeps turns short', async (t) => {
  const server = { workMs: 10, workBeforePeer: 0, peerMs: () => 50, shedMs }
  const { outcomes, limits } = simulate({ ...server, ratePerS: () => 300, durationMs: 30_000 })
  const overload = summarize(outcomes, 10_000, 30_000)
  t.ok(overload.goodPerS >= 0.95 * attainablePerS(100, 300, 10), `${overload.goodPerS} good answers/s`)
  t.ok(overload.p99Ms <= 800, `p99 ${overload.p99Ms} ms`)
  t.ok((limits.at(-1)?.limit ?? 0) < 64, 'it shrank')
  const bound = simulate({ ...server, ratePerS: () => 300, durationMs: 30_000, min: 512 })
  t.ok(summarize(bound.outcomes, 10_000, 30_000).p99Ms > 3000, 'a fixed bound lets them pile up')
})

t.test('a burst of 20 on an idle service is not shed, nor after an overload and ten idle seconds, nor under a quota', async (t) => {
  for (const quota of [1, 0.2]) {
    const capacityPerS = 200 * quota
    const ratePerS = (nowMs: number) => (nowMs < 10_000 ? 3 * capacityPerS : 0)
    const burst = { atMs: 20_000, requests: 20 }
    const { outcomes } = simulate({ workMs: 5, quota, ratePerS, durationMs: 10_000, burst })
    t.match(
      outcomes.filter(({ arrivedAtMs }) => arrivedAtMs === 20_000).map(({ shed }) => shed),
      Array(20).fill(false),
    )
  }
})

t.test('a peer that turns twenty times slower does not push the limit to its floor', async (t) => {
  const peerMs = (nowMs: number) => (nowMs >= 10_000 && nowMs < 30_000 ? 1000 : 50)
  const { outcomes, limits } = simulate({ workMs: 0.5, peerMs, ratePerS: () => 300, durationMs: 40_000 })
  t.ok(Math.min(...limits.map(({ limit }) => limit)) >= 64)
  t.ok(summarize(outcomes, 10_000, 30_000).shedRatio < 0.05)
  t.equal(summarize(outcomes, 13_000, 40_000).shedRatio, 0, 'within 3 s the limit has followed')
})

t.test('who finds the limit filled by requests of the same turn is not refused yet: they may end with it', async (t) => {
  const limit = new ConcurrencyLimit({ min: 1, initial: 1, max: 3 })
  const begins = (turn: number) => {
    if (limit.isFull(turn)) return 'refused'
    if (!limit.hasRoom()) return 'next turn'
    limit.begin()
    return 'begun'
  }
  t.same([begins(7), begins(7)], ['begun', 'next turn'])
  limit.end(7)
  t.same([begins(7), begins(7)], ['begun', 'next turn'])
  t.equal(begins(8), 'refused', 'it did not end with its turn')
  limit.end(7)
  t.equal(begins(8), 'begun')
})

t.test('work that lasts counts until it ends, and each share is smaller than the whole', async (t) => {
  const limit = new ConcurrencyLimit({ initial: 4, max: 10 })
  for (let i = 0; i < 3; i++) limit.begin()
  t.ok(limit.isFull(2, 0.75))
  t.notOk(limit.isFull(2, 1))
  limit.end(0)
  t.notOk(limit.isFull(3, 0.75))
})

t.test('the limit stays within its bounds, and one request is always admitted', async (t) => {
  const limit = new ConcurrencyLimit({ min: 2, max: 300 })
  let turn = 0
  /** That many wait from one turn to the next. */
  const wait = (requests: number) => {
    for (let i = 0; i < requests; i++) limit.begin()
    limit.isFull(++turn)
    for (let i = 0; i < requests; i++) limit.end(-1)
  }
  for (let i = 0; i < 50; i++) {
    wait(300)
    limit.adjust({ elapsedMs: windowMs, busyMs: windowMs, longestTurnMs: windowMs })
  }
  t.ok(limit.limit >= 2 && limit.limit < 10, `at ${limit.limit}`)
  t.notOk(limit.isFull(++turn, 0.01))
  for (let i = 0; i < 50; i++) limit.adjust({ elapsedMs: windowMs, busyMs: 0, longestTurnMs: 1 })
  t.ok(limit.limit < 100, 'requests that wait for nobody need no more than it began with')
  for (let i = 0; i < 50; i++) {
    wait(300)
    limit.adjust({ elapsedMs: windowMs, busyMs: windowMs, longestTurnMs: 50 })
  }
  t.equal(limit.limit, 300, 'a busy loop with short turns is no reason to keep them waiting')
})
