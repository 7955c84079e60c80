import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { Loop } from '../loop.ts'

t.test('rounds follow each other by the interval, at once while there is more, and never overlap', async (t) => {
  let rounds = 0
  let running = 0
  const { promise: tenth, resolve } = Promise.withResolvers<void>()
  const loop = new Loop({
    intervalMs: 5,
    work: async () => {
      t.equal(++running, 1)
      loop.wake(0)
      await delay(1)
      running--
      if (++rounds === 10) resolve()
      return rounds < 5
    },
    onHealth: () => t.fail('nothing failed'),
  })
  loop.start()
  await tenth
  await loop.close()
  const after = rounds
  loop.wake(0)
  await delay(20)
  t.equal(rounds, after, 'nothing after close')
})

t.test('wake brings the next round forward and never puts it off', async (t) => {
  const times: number[] = []
  let told: () => void = () => {}
  const loop = new Loop({
    intervalMs: 60_000,
    work: async () => {
      times.push(performance.now())
      told()
      return false
    },
    onHealth: () => {},
  })
  const next = () => new Promise<void>((resolve) => (told = resolve))
  loop.start()
  const started = performance.now()
  const first = next()
  loop.wake(20)
  loop.wake(50_000)
  await first
  t.ok((times[0] ?? 0) - started < 5000)
  const second = next()
  loop.wake(0)
  await second
  t.equal(times.length, 2)
  await loop.close()
})

t.test('failure is told once, and its end once', async (t) => {
  const told: unknown[] = []
  let rounds = 0
  const { promise: done, resolve } = Promise.withResolvers<void>()
  const loop = new Loop({
    intervalMs: 1,
    work: async () => {
      if (++rounds === 8) resolve()
      if (rounds > 2 && rounds < 6) throw new Error(`round ${rounds}`)
      return false
    },
    onHealth: (error) => told.push(error instanceof Error ? error.message : error),
  })
  loop.start()
  await done
  await loop.close()
  t.strictSame(told, ['round 3', undefined])
})

t.test('close waits for the round in progress', async (t) => {
  let ended = false
  const { promise: begun, resolve } = Promise.withResolvers<void>()
  const loop = new Loop({
    intervalMs: 1,
    work: async () => {
      resolve()
      await delay(30)
      ended = true
      return true
    },
    onHealth: () => {},
  })
  loop.start()
  await begun
  await loop.close()
  t.ok(ended)
})
