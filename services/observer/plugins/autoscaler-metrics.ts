import { gaugeBy } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import { type Autoscaling, autoscalingOf } from '../lib/autoscaling.ts'
import type { Caches } from '../lib/objects.ts'

/**
 * The autoscalers for whoever scrapes, read from the caches: nobody needs kube-state-metrics for it. The label is `deployment` because Prometheus gives
 * every series of a pod a `service` of its own, the scraped one, and would rename another.
 */
export function showAutoscalers({ kit: { metrics } }: Server, caches: Caches): void {
  const show = (name: string, help: string, figure: (autoscaling: Autoscaling) => number) =>
    gaugeBy(metrics.registry, `kubernetes_autoscaler_${name}`, help, 'deployment', () =>
      autoscalingOf(caches.autoscalers).map((autoscaling) => [autoscaling.deployment, figure(autoscaling)]),
    )
  show('current_replicas', 'Replicas that the autoscaler counts.', ({ current }) => current)
  show('desired_replicas', 'Replicas that the autoscaler wants.', ({ desired }) => desired)
  show('max_replicas', 'Most replicas that the autoscaler may ask for.', ({ max }) => max)
  show('limited', '1 while the autoscaler wants more than its maximum.', ({ limited }) => (limited ? 1 : 0))
}
