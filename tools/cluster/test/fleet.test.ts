import t from 'tap'
import { decisionsBetween, serviceOf, serviceSamples } from '../fleet.ts'
import { deployment, hpa, pod } from './objects.ts'

const services = ['gateway', 'orders']

t.test('object names are service names with the release before them', async (t) => {
  t.equal(serviceOf('headroom-orders', services), 'orders')
  t.equal(serviceOf('orders', services), 'orders')
  t.equal(serviceOf('headroom-orders-migrate', services), undefined)
  t.equal(serviceOf('prometheus', services), undefined)
})

t.test('a row per service: sizes, CPU against target, rates', async (t) => {
  const deployments = [deployment('headroom-orders', 3, { readyReplicas: 2 }), deployment('headroom-gateway'), deployment('prometheus')]
  const orders = hpa('headroom-orders', { status: { desiredReplicas: 4 } })
  const figures = {
    rates: new Map([['orders', { requestsPerS: 12, p99Ms: 80, shedPerS: 1, failedPerS: 0 }]]),
    requestsPerS: new Map([['headroom-orders-a', 7.5]]),
    usage: new Map([['headroom-orders-a', { millicores: 21, atMs: 4000, windowMs: 10_500 }]]),
    startedAtMs: 1000,
  }
  const starting = { conditions: [{ type: 'Ready', status: 'False' }] }
  const pods = [
    pod('headroom-orders-c', {}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    pod('headroom-orders-b', starting),
    pod('headroom-orders-a'),
    pod('headroom-orders-failed', { phase: 'Failed' }),
    pod('headroom-orders-migrate-x', {}, { labels: { 'app.kubernetes.io/name': 'headroom-orders-migrate' } }),
  ]
  t.same(serviceSamples({ deployments, hpas: [orders], events: [], pods }, services, figures), {
    gateway: {
      current: 1,
      desired: 1,
      ready: 1,
      cpuPercent: null,
      targetPercent: null,
      requestsPerS: 0,
      p99Ms: null,
      shedPerS: 0,
      failedPerS: 0,
      pods: [],
    },
    orders: {
      current: 3,
      desired: 4,
      ready: 2,
      cpuPercent: 12,
      targetPercent: 60,
      requestsPerS: 12,
      p99Ms: 80,
      shedPerS: 1,
      failedPerS: 0,
      pods: [
        { name: 'headroom-orders-a', state: 'ready', requestsPerS: 7.5, cpuMillicores: 21, cpuAtS: 3, cpuWindowS: 10.5 },
        { name: 'headroom-orders-b', state: 'starting', requestsPerS: null, cpuMillicores: null },
        { name: 'headroom-orders-c', state: 'draining', requestsPerS: null, cpuMillicores: null },
      ],
    },
  })
})

t.test('a changed number of replicas is a decision, with the words of the latest event of that size', async (t) => {
  const event = (message: string, lastTimestamp: string) => ({
    metadata: { name: 'e' },
    involvedObject: { kind: 'HorizontalPodAutoscaler', name: 'headroom-orders' },
    reason: 'SuccessfulRescale',
    message,
    lastTimestamp,
  })
  const before = { deployments: [deployment('headroom-orders', 1), deployment('headroom-gateway', 2)], hpas: [], events: [], pods: [] }
  const after = {
    deployments: [deployment('headroom-orders', 3), deployment('headroom-gateway', 2)],
    hpas: [hpa('headroom-orders')],
    pods: [],
    events: [
      event('New size: 3; reason: cpu above target', '2026-01-01T00:01:00Z'),
      event('New size: 3; reason: an old one', '2026-01-01T00:00:00Z'),
      event('New size: 4; reason: another', '2026-01-01T00:02:00Z'),
    ],
  }
  t.same(decisionsBetween(before, after, services, 7), [
    { atS: 7, service: 'orders', from: 1, to: 3, reason: 'cpu above target; CPU 12 % of target 60 %' },
  ])
  t.match(decisionsBetween(before, { ...after, hpas: [], events: [] }, services, 7), [{ reason: 'the number of replicas was changed' }])
})
