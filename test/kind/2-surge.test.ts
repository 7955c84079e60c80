import { surgeOnCluster } from '@headroom/cluster/demo'
import { installChart } from '@headroom/cluster/install'
import { until } from '@headroom/cluster/until'
import { LiveView } from '@headroom/report/live'
import t from 'tap'
import { onSale, wantedReplicas } from './helper.ts'

/** The surge of `make kind-demo`. */
const surge = { rate: 4, factor: 20, calmS: 20, surgeS: 150, afterS: 240 }

t.test('a surge from inside the cluster keeps every promise, and an upgrade meanwhile keeps the replicas', async (t) => {
  const installed = await onSale(t)
  const { target, tag } = installed
  const view = new LiveView({ write: (text: string) => t.comment(text.trimEnd()) }, 20)

  const upgrade = async () => {
    const grown = await until(
      'a grown service',
      async () => {
        const replicas = await wantedReplicas(installed)
        return Math.max(...replicas.values()) >= 3 ? replicas : undefined
      },
      240_000,
    )
    await installChart(target, { profile: 'kind', tag, registry: undefined })
    return { before: grown, after: await wantedReplicas(installed) }
  }
  const [{ verdicts, summary }, { before, after }] = await Promise.all([
    surgeOnCluster(installed, surge, 'out/kind-test', view),
    // Whether anything grew is a verdict of its own.
    upgrade().catch(() => ({ before: new Map<string, number>(), after: new Map<string, number>() })),
  ])

  for (const { limit, figure, holds } of verdicts) t.ok(holds, `${limit}: ${figure}`)
  t.equal(summary.engine, 'kubernetes')
  t.ok(before.size > 0, 'an upgrade took place while services were grown')
  for (const [name, replicas] of before)
    t.ok((after.get(name) ?? 0) >= replicas, `${name} kept its ${replicas} replicas through a helm upgrade`)
})
