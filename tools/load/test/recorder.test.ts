import t from 'tap'
import { Recorder } from '../recorder.ts'

const STAGES = [
  { name: 'calm', durationS: 1, ratePerS: 1 },
  { name: 'surge', durationS: 1, ratePerS: 5 },
]
const MOMENT = { t: 1, atMs: 0, stage: 'calm', inFlight: 0, connections: 1 }

t.test('a request counts in its second, stage, journey and the whole', async (t) => {
  const recorder = new Recorder(STAGES, undefined)
  t.equal(recorder.secondIsEmpty, true)
  const order = { stage: 1, journey: 'order' as const }
  recorder.offered(order, 6)
  recorder.sent(order)
  t.equal(recorder.secondIsEmpty, false)
  const first = recorder.takeSecond(MOMENT)
  t.match(first, { offered: 1, sent: 1, ok: 0, lateOver5ms: 1, p99Ms: null, orders: { attempted: 1, confirmed: 0 } })
  recorder.ended(order, { outcome: 'ok' }, 12, true)
  recorder.offered({ stage: 0, journey: 'view' }, 5)
  recorder.ended({ stage: 0, journey: 'view' }, { outcome: 'failed', reason: 'timeout' }, 5000, false)
  const second = recorder.takeSecond({ ...MOMENT, t: 2 })
  t.match(second, { t: 2, offered: 1, sent: 0, ok: 1, failed: 1, lateOver5ms: 0, orders: { attempted: 0, confirmed: 1 } })
  t.equal(recorder.secondIsEmpty, true)

  const results = recorder.results(STAGES)
  t.match(results.requests, { offered: 2, ok: 1, failed: 1 })
  t.same(results.orders, { attempted: 1, confirmed: 1 })
  t.same(results.failures, { timeout: 1 })
  t.same(results.refusals, {})
  t.match(results.byStage, [
    { name: 'calm', ratePerS: 1, requests: { offered: 1, failed: 1 } },
    { name: 'surge', requests: { offered: 1, ok: 1 }, orders: { attempted: 1, confirmed: 1 } },
  ])
  t.match(results.byJourney.order, { requests: { offered: 1, ok: 1 } })
  t.match(results.byJourney.view, { requests: { offered: 1, failed: 1 }, orders: { attempted: 0 } })
  t.equal(recorder.maxLateMs, 6)
})

t.test('the most frequent failure comes first', async (t) => {
  const recorder = new Recorder(STAGES, undefined)
  for (const reason of ['a', 'b', 'b']) recorder.ended({ stage: 0, journey: 'view' }, { outcome: 'failed', reason }, null, false)
  t.same(Object.entries(recorder.results(STAGES).failures), [
    ['b', 2],
    ['a', 1],
  ])
})

t.test('what is granted in time is counted apart from what is granted', async (t) => {
  const recorder = new Recorder(STAGES, 100)
  const view = { stage: 0, journey: 'view' as const }
  for (const waitedMs of [5, 100, 101]) recorder.ended(view, { outcome: 'ok' }, waitedMs, false)
  recorder.ended(view, { outcome: 'refused', reason: 'sold_out' }, 5, false)
  recorder.ended(view, { outcome: 'failed', reason: 'timeout' }, 50, false)
  t.equal(recorder.onTime, 2)
  t.equal(recorder.total.requests.ok, 3)
})
