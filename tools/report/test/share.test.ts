import t from 'tap'
import type { PodSample, Sample, ServiceSample } from '../sample.ts'
import { gini, podShare } from '../share.ts'
import { startUp } from '../startup.ts'
import { synthesize } from './synthetic.ts'

t.test('the Gini coefficient of known cases', async (t) => {
  t.equal(gini([1, 1, 1, 1]), 0)
  t.equal(gini([0, 0, 0, 8]), 0.75)
  t.equal(gini([1, 3]), 0.25)
  t.equal(gini([3, 1]), 0.25)
  t.equal(gini([0, 0]), 0)
  t.equal(gini([]), 0)
})

const [first] = synthesize().samples
const base = first?.services.orders as ServiceSample
const second = (atS: number, pods: PodSample[] | undefined): Sample => ({ atS, load: null, services: { orders: { ...base, pods } } })
const pod = (name: string, requestsPerS: number | null, state: PodSample['state'] = 'ready') => ({
  name,
  state,
  requestsPerS,
  cpuMillicores: null,
})

t.test('shares are of stretches with the same ready replicas, weighed by requests', async (t) => {
  const uneven = Array.from({ length: 6 }, (_, atS) => second(atS, [pod('a', 1), pod('b', 3), pod('c', null, 'starting')]))
  t.match(podShare(uneven, 'orders'), { maxOverMean: 1.5, gini: 0.25, stretches: 1, seconds: 6 })
  const even = Array.from({ length: 6 }, (_, index) => second(6 + index, [pod('b', 2), pod('c', 2)]))
  t.match(podShare([...uneven, ...even], 'orders'), { maxOverMean: 1.25, gini: 0.125, stretches: 2, seconds: 12 })
  t.equal(podShare(uneven.slice(0, 4), 'orders'), null, 'too short to tell')
  t.equal(podShare([second(0, undefined)], 'orders'), null)
  t.equal(
    podShare(
      Array.from({ length: 9 }, (_, atS) => second(atS, [pod('a', 5)])),
      'orders',
    ),
    null,
    'one alone has no share',
  )
})

t.test('a start-up counts where both its ends were seen', async (t) => {
  const change = (atS: number, name: string, state: 'starting' | 'ready' | 'draining' | 'gone', service = 'orders') => ({
    atS,
    service,
    pod: name,
    state,
  })
  const changes = [
    change(0, 'a', 'ready'),
    change(1, 'b', 'starting'),
    change(1, 'c', 'starting'),
    change(1, 'x', 'starting', 'catalog'),
    change(2, 'c', 'gone'),
    change(3, 'd', 'starting'),
    change(4, 'b', 'ready'),
    change(4, 'd', 'ready'),
  ]
  t.strictSame(startUp(changes, 'orders'), { count: 2, medianS: 1, p95S: 3, maxS: 3 })
  t.equal(startUp(changes, 'catalog'), null)
  const again = [...changes, ...changes.map((change) => ({ ...change, atS: change.atS + 100 }))]
  t.equal(startUp(again, 'orders')?.count, 2, 'one that is ready again has not started anew')
})
