import t from 'tap'
import { PodTimes } from '../pod-times.ts'

t.test('replicas that come during a recording have their own times, each told once', async (t) => {
  const times = new PodTimes(10_000)
  const before = { name: 'old', startedAtMs: 1000, readyAtMs: 2000 }
  const young = { name: 'new', startedAtMs: 12_345, readyAtMs: null }
  t.strictSame(times.changes('orders', [before], 11_000), [], 'nobody knows more than that it was there')
  t.strictSame(times.changes('orders', [before, young], 13_000), [{ atS: 2.345, service: 'orders', pod: 'new', state: 'starting' }])
  t.strictSame(times.changes('orders', [before, young], 14_000), [])
  const ready = { ...young, readyAtMs: 14_500 }
  t.strictSame(times.changes('orders', [before, ready], 15_000), [{ atS: 4.5, service: 'orders', pod: 'new', state: 'ready' }])
  t.strictSame(times.changes('orders', [before, ready], 16_000), [])
  t.match(times.changes('orders', [before, { ...ready, readyAtMs: 18_000 }], 18_500), [{ atS: 8, state: 'ready' }], 'unready between')
})

t.test('one that is ready when it is first seen started as well; a clock that is ahead is held at now', async (t) => {
  const times = new PodTimes(0)
  t.match(times.changes('orders', [{ name: 'a', startedAtMs: 1000, readyAtMs: 9000 }], 5000), [
    { atS: 1, state: 'starting' },
    { atS: 5, state: 'ready' },
  ])
})
