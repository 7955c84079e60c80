import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'
import { autoscalingOf } from '../lib/autoscaling.ts'
import type { Autoscaler } from '../lib/objects.ts'

const autoscaler = (name: string, status?: Autoscaler['status'], kind = 'Deployment'): Autoscaler => ({
  metadata: { name: `${name}-scaler` },
  spec: { scaleTargetRef: { kind, name }, maxReplicas: 4 },
  status,
})
const limited = (reason: string, status = 'True') => ({
  currentReplicas: 3,
  desiredReplicas: 4,
  conditions: [{ type: 'ScalingLimited', status, reason }],
})

t.test('an autoscaler in figures carries the name of its Deployment', async (t) => {
  t.strictSame(autoscalingOf([autoscaler('orders', limited('TooManyReplicas')), autoscaler('db', undefined, 'StatefulSet')]), [
    { deployment: 'orders', current: 3, desired: 4, max: 4, limited: true },
  ])
  t.match(autoscalingOf([autoscaler('new')]), [{ current: 0, desired: 0, max: 4, limited: false }], 'before its first status')
})

t.test('only wanting more than the maximum is being limited by it', async (t) => {
  for (const status of [limited('TooFewReplicas'), limited('ScaleDownStabilized'), limited('TooManyReplicas', 'False')])
    t.equal(autoscalingOf([autoscaler('orders', status)])[0]?.limited, false)
})

t.test('the figures are scraped, and go with their autoscaler', async (t) => {
  const { server, ops } = await build(t, service, { KUBECONFIG: '/nowhere/kubeconfig', NAMESPACE: 'shop' })
  const scrape = async () => (await ops.inject('/metrics')).body.split('\n').filter((line) => line.startsWith('kubernetes_autoscaler'))
  t.strictSame(await scrape(), [])
  server.cluster.caches.autoscalers = [autoscaler('orders', limited('TooManyReplicas'))]
  t.strictSame(await scrape(), [
    'kubernetes_autoscaler_current_replicas{deployment="orders"} 3',
    'kubernetes_autoscaler_desired_replicas{deployment="orders"} 4',
    'kubernetes_autoscaler_max_replicas{deployment="orders"} 4',
    'kubernetes_autoscaler_limited{deployment="orders"} 1',
  ])
  server.cluster.caches.autoscalers = []
  t.strictSame(await scrape(), [])
})
