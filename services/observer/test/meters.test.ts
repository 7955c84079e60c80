import type { Scrape } from '@headroom/kit/scrape'
import t from 'tap'
import { Meters, together } from '../lib/meters.ts'

const scrape = (arrivals: number, cpuS: number, over: Partial<Scrape> = {}): Scrape => ({
  arrivals,
  shed: 0,
  failed: 0,
  cpuS,
  buckets: new Map([
    [0.1, arrivals],
    [Number.POSITIVE_INFINITY, arrivals],
  ]),
  calls: new Map(),
  ...over,
})

t.test('rates are differences of two scrapes', async (t) => {
  const meters = new Meters()
  meters.read('a', scrape(10, 1, { calls: new Map([['orders', { ok: 3, shed: 0, failed: 1 }]]) }), 0)
  t.equal(meters.of('a'), undefined, 'one scrape is no rate')
  meters.read('a', scrape(30, 1.5, { shed: 4, calls: new Map([['orders', { ok: 7, shed: 1, failed: 2 }]]) }), 2000)
  t.match(meters.of('a'), { requestsPerS: 10, shedPerS: 2, failedPerS: 0, cpuMillicores: 250 })
  t.same(meters.of('a')?.calls.get('orders'), { ok: 2, shed: 0.5, failed: 0.5 })
})

t.test('a restarted process is no negative rate, a silent one has none, and one that is gone is forgotten', async (t) => {
  const meters = new Meters()
  meters.read('a', scrape(10, 5), 0)
  meters.read('a', scrape(20, 6), 1000)
  meters.read('a', scrape(2, 0.3), 2000)
  t.equal(meters.of('a'), undefined)
  meters.read('a', scrape(5, 0.4), 3000)
  t.match(meters.of('a'), { requestsPerS: 3 })
  meters.missed('a')
  t.equal(meters.of('a'), undefined)
  meters.read('a', scrape(9, 0.5), 5000)
  t.match(meters.of('a'), { requestsPerS: 2 }, 'what was missed counts over the longer time')
  meters.keep(new Set())
  meters.read('a', scrape(9, 0.5), 6000)
  t.equal(meters.of('a'), undefined, 'a pod of the same name begins anew')
})

t.test('pods together', async (t) => {
  const meters = new Meters()
  for (const pod of ['a', 'b']) {
    meters.read(pod, scrape(0, 0), 0)
    meters.read(pod, scrape(10, 1), 1000)
  }
  const pods = ['a', 'b'].flatMap((pod) => meters.of(pod) ?? [])
  t.match(together(pods), { requestsPerS: 20, p50Ms: 50, p99Ms: 99 })
  t.match(together([]), { requestsPerS: null, p99Ms: null })
})
