import { saturation } from '@headroom/kit/concurrency-limit'
import t from 'tap'
import { profiles } from '../../scripts/charts/rendered.ts'
import { milliCores } from './objects.ts'
import { type KubeObject, onSale, withHelm } from './render.ts'

/** A process begins to shed when its event loop is busy for this share of the time; the target leaves some room below it for a reading that is off. */
const most = 0.8

/** The share of what it can use at which each service with an autoscaler gets replicas: one event loop fills one core, or less where the limit is less. */
function targets(objects: KubeObject[]): Record<string, number> {
  const scalers = objects.filter(({ kind }) => kind === 'HorizontalPodAutoscaler')
  return Object.fromEntries(
    scalers.map(({ spec }) => {
      const { name } = spec.scaleTargetRef
      const deployment = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)
      const { requests, limits } = deployment?.spec.template.spec.containers[0].resources ?? {}
      const metric = spec.metrics.find((metric: KubeObject) => (metric.containerResource ?? metric.resource)?.name === 'cpu')
      const { averageUtilization } = (metric.containerResource ?? metric.resource).target
      const usable = Math.min(1000, limits?.cpu === undefined ? 1000 : milliCores(limits.cpu))
      return [name, ((averageUtilization / 100) * milliCores(requests.cpu)) / usable]
    }),
  )
}

t.ok(most < saturation, 'the room is below what kit sheds at')

for (const [profile, files] of Object.entries(profiles))
  t.test(`profile ${profile}: every autoscaler adds replicas before the service sheds`, withHelm, async (t) => {
    const shares = targets(await onSale({ observer: { enabled: true } }, { files }))
    t.ok(Object.keys(shares).length >= 4, `autoscalers: ${Object.keys(shares)}`)
    for (const [name, share] of Object.entries(shares))
      t.ok(share > 0 && share < most, `${name} aims at ${share.toFixed(2)} of what it can use`)
  })

t.test('a target too near to the limit, or to a whole core, is seen', withHelm, async (t) => {
  const autoscaling = { targetCPUUtilizationPercentage: 170 }
  const near = await onSale({ gateway: { autoscaling } }, { files: profiles.kind })
  t.equal(targets(near)['headroom-gateway'], 0.85)
  const resources = { requests: { cpu: '500m' }, limits: { cpu: '2' } }
  const core = await onSale({ gateway: { autoscaling, resources } })
  t.equal(targets(core)['headroom-gateway'], 0.85)
})
