import t from 'tap'
import { Slice } from '../stats.ts'

t.test('percentiles to three figures', async (t) => {
  const slice = new Slice()
  t.same(slice.latencyMs(), { p50: null, p95: null, p99: null, max: null })
  for (let ms = 1; ms <= 1000; ms += 1) slice.record('ok', ms)
  const { p50, p95, p99, max } = slice.latencyMs()
  for (const [value, expected] of [
    [p50, 500],
    [p95, 950],
    [p99, 990],
    [max, 1000],
  ] as const) {
    t.ok(value !== null && Math.abs(value - expected) / expected < 0.002, `${value}, about ${expected}`)
  }
})

t.test('what has no latency is counted all the same', async (t) => {
  const slice = new Slice()
  slice.requests.offered = 3
  slice.record('shed', null)
  slice.record('ok', 0)
  t.equal(slice.requests.shed, 1)
  t.equal(slice.unfinished, 1)
  t.ok((slice.latencyMs().max ?? 1) < 0.01, 'nothing but the ok one')
  slice.record('failed', 1e12)
  t.equal(slice.unfinished, 0)
  t.ok((slice.latencyMs().max ?? 0) > 3_500_000, 'beyond the range means the end of the range')
})

t.test('a reset slice is empty', async (t) => {
  const slice = new Slice()
  slice.requests.offered = 1
  slice.record('failed', 5)
  slice.sent = 1
  slice.lateSends = 1
  slice.orders.attempted = 1
  slice.orders.confirmed = 1
  slice.reset()
  const { requests, orders, sent, lateSends } = new Slice()
  t.same([slice.requests, slice.orders, slice.sent, slice.lateSends], [requests, orders, sent, lateSends])
  t.same(slice.latencyMs().max, null)
})
