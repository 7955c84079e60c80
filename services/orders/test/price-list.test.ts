import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { PriceList } from '../lib/price-list.ts'

const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
const floor = (cents: number) => new Map([['floor', { cents, currency: 'EUR' }]])

t.test('many orders at once cause one reading', async (t) => {
  let readings = 0
  const prices = new PriceList(async (reader) => {
    t.equal(reader, traceparent, 'in the trace of who asked first')
    readings++
    await delay(5)
    return floor(100)
  }, 60_000)
  const found = await Promise.all(Array.from({ length: 20 }, () => prices.of(traceparent, 'a', 'floor')))
  for (const price of found) t.strictSame(price, { cents: 100, currency: 'EUR' })
  t.equal(await prices.of(traceparent, 'a', 'balcony'), undefined)
  t.equal(readings, 1)
})

t.test('an old price is given at once while it is read again behind it', async (t) => {
  let cents = 100
  const { promise: slow, resolve } = Promise.withResolvers<void>()
  const prices = new PriceList(async () => {
    if (cents > 100) await slow
    return floor(cents)
  }, 10)
  await prices.of(traceparent, 'a', 'floor')
  cents = 200
  await delay(20)
  t.equal((await prices.of(traceparent, 'a', 'floor'))?.cents, 100)
  resolve()
  await delay(0)
  t.equal((await prices.of(traceparent, 'a', 'floor'))?.cents, 200)
})

t.test('while prices cannot be read the last ones count, and are asked for once per limit', async (t) => {
  let readings = 0
  const prices = new PriceList(async () => {
    if (readings++ > 0) throw new Error('gone')
    return floor(100)
  }, 50)
  await prices.of(traceparent, 'a', 'floor')
  await delay(60)
  for (let i = 0; i < 50; i++) {
    t.equal((await prices.of(traceparent, 'a', 'floor'))?.cents, 100)
    await Promise.resolve()
  }
  t.ok(readings <= 3, `${readings} readings`)
})

t.test('an event that was never read fails, and is tried again by the next order', async (t) => {
  let readings = 0
  const prices = new PriceList(async () => {
    if (readings++ === 0) throw new Error('gone')
    return floor(100)
  }, 60_000)
  await t.rejects(prices.of(traceparent, 'a', 'floor'), { message: 'gone' })
  t.equal((await prices.of(traceparent, 'a', 'floor'))?.cents, 100)
})

t.test('events that do not exist are not kept, and of those that do at most a thousand', async (t) => {
  let readings = 0
  const prices = new PriceList(async (_traceparent, eventId) => {
    readings++
    return eventId.startsWith('no') ? new Map() : floor(100)
  }, 60_000)
  for (let i = 0; i < 2; i++) t.equal(await prices.of(traceparent, 'no-such', 'floor'), undefined)
  t.equal(readings, 2)
  for (let i = 0; i < 1001; i++) await prices.of(traceparent, `e${i}`, 'floor')
  await prices.of(traceparent, 'e1000', 'floor')
  t.equal(readings, 1003, 'the newest is kept')
  await prices.of(traceparent, 'e0', 'floor')
  t.equal(readings, 1004, 'the oldest made room')
})
