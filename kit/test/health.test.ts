import t from 'tap'
import { Health } from '../health.ts'

t.test('a service is ready from its start until it drains', async (t) => {
  const health = new Health()
  t.strictSame([health.ready, health.missing], [false, ['started']])
  await health.start()
  t.strictSame([health.started, health.ready, health.missing], [true, true, []])
  health.stop()
  t.strictSame([health.started, health.ready, health.missing], [true, false, ['draining']])
})

t.test('it is ready only once everything required was seen, and says what is missing', async (t) => {
  const health = new Health(20)
  const database = Promise.withResolvers<boolean>()
  const catalog = Promise.withResolvers<boolean>()
  health.require('database', () => database.promise)
  health.require('catalog', () => catalog.promise)
  t.strictSame(health.missing, ['started', 'database', 'catalog'])
  const started = health.start()
  t.equal(health.started, false, 'the first readiness probe shall find what is seen at once')
  while (!health.started) await new Promise((resolve) => setTimeout(resolve, 5))
  t.pass('the process has booted, whether its dependencies are seen or not')
  t.equal(health.ready, false)
  catalog.resolve(true)
  await new Promise(setImmediate)
  t.strictSame([health.ready, health.missing], [false, ['database']])
  database.resolve(true)
  await started
  t.strictSame([health.ready, health.missing], [true, []])
})

t.test('what is not seen is asked again every 200 ms; no and an error are the same answer', async (t) => {
  const health = new Health()
  const askedAt: number[] = []
  health.require('database', async () => {
    askedAt.push(performance.now())
    if (askedAt.length === 1) throw new Error('refused')
    return askedAt.length === 3
  })
  await health.start()
  t.equal(askedAt.length, 3)
  t.equal(health.ready, true)
  const gaps = askedAt.slice(1).map((at, index) => at - (askedAt[index] as number))
  t.ok(
    gaps.every((gap) => gap >= 195),
    `asked after ${gaps} ms`,
  )
})

t.test('what was seen once is never asked again, so that its loss does not make a busy replica look idle', async (t) => {
  const health = new Health()
  let asked = 0
  let up = true
  health.require('database', async () => {
    asked++
    return up
  })
  health.watch('database', () => ({ status: up ? 'up' : 'down' }))
  await health.start()
  up = false
  await health.start()
  t.strictSame([asked, health.ready], [1, true])
  t.strictSame(health.dependencies(), { database: { status: 'down' } })
})

t.test('a stop ends the wait at once, unready', async (t) => {
  const health = new Health()
  let asked = 0
  const first = Promise.withResolvers<void>()
  health.require('database', async () => {
    asked++
    first.resolve()
    return false
  })
  const started = health.start()
  await first.promise
  await new Promise(setImmediate)
  const stoppedAt = performance.now()
  health.stop()
  await started
  t.ok(performance.now() - stoppedAt < 150, 'the 200 ms until the next question are not waited for')
  t.strictSame([asked, health.ready, health.missing], [1, false, ['database', 'draining']])
})

t.test('a dependency is looked at when somebody asks, each time anew', async (t) => {
  const health = new Health()
  let looked = 0
  health.watch('payments', () => ({ status: ++looked === 1 ? 'unknown' : 'down', detail: `look ${looked}` }))
  health.watch('catalog', () => ({ status: 'up' }))
  t.equal(looked, 0)
  t.strictSame(health.dependencies(), { payments: { status: 'unknown', detail: 'look 1' }, catalog: { status: 'up' } })
  t.strictSame(health.dependencies().payments, { status: 'down', detail: 'look 2' })
})
