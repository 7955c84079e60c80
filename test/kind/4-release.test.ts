import { run } from '@headroom/cluster/command'
import { repository } from '@headroom/cluster/images'
import { upgradeService } from '@headroom/cluster/install'
import { loadImages } from '@headroom/cluster/kind'
import type { Hpa, Pod } from '@headroom/cluster/kube-types'
import { waitForRollout } from '@headroom/cluster/rollout'
import { Surge } from '@headroom/cluster/surge'
import { chart, helm, kubectl, release } from '@headroom/cluster/target'
import { until } from '@headroom/cluster/until'
import type { OnSale } from '@headroom/cluster/up'
import t from 'tap'
import { onSale, restarts, servicePods, templates } from './helper.ts'

/** Autoscaled services, so that their least number can be two. */
const deletable = ['gateway', 'orders', 'catalog']
const steady = ['--profile', 'steady', '--rate', '8', '--duration', '900s']

t.test('releases, a rollback and deleted pods under load fail no request', async (t) => {
  const installed = await onSale(t)
  const { target, api, services, tag, registry } = installed
  const next = `${tag}-next`
  for (const service of services)
    await run('docker', ['tag', `${repository(service, registry)}:${tag}`, `${repository(service, registry)}:${next}`])
  await loadImages(services.map((service) => `${repository(service, registry)}:${next}`))
  const comment = (text: string) => t.comment(text)

  const load = new Surge(target, api)
  await load.start(steady, { registry, tag })
  let offered = 0
  const result = load.load({ offered: () => void offered++, loadEnded: () => {} })
  // Rejections are met where the result is awaited.
  result.catch(() => {})
  await until('the load to run', async () => (offered >= 5 ? true : undefined))

  await t.test('upgrading one service replaces its pods and no others', async (t) => {
    for (const service of services) {
      const before = await servicePods(installed)
      await upgradeService(target, service, next)
      await waitForRollout(target, api, () => {})
      const after = await servicePods(installed)
      t.ok(
        after.get(service)?.every((pod) => imageOf(pod).endsWith(`:${next}`)),
        `${service} runs ${next}`,
      )
      for (const other of services.filter((name) => name !== service)) {
        const [pods = [], earlier = []] = [after.get(other), before.get(other)]
        t.same(templates(pods), templates(earlier), `${other} was not rolled out by ${service}`)
        t.ok(restarts(pods) <= restarts(earlier), `no container of ${other} restarted`)
      }
    }
  })

  await t.test('an image that cannot be had ends in a sentence while the old pods serve, and helm rollback mends it', async (t) => {
    const { version } = JSON.parse(await helm(target, ['status', release, '--output', 'json'])) as { version: number }
    await upgradeService(target, 'hello', 'no-such-tag')
    await t.rejects(waitForRollout(target, api, comment), { name: 'ClusterError', message: /hello:no-such-tag cannot be had/ })
    await helm(target, ['rollback', release, String(version)])
    await waitForRollout(target, api, () => {})
    t.ok((await servicePods(installed)).get('hello')?.every((pod) => imageOf(pod).endsWith(`:${next}`)))
  })

  await t.test('a deleted pod of two is not missed', async (t) => {
    await atLeast(installed, 2)
    for (const service of deletable) {
      const pods = (await servicePods(installed)).get(service) ?? []
      t.ok(pods.length >= 2)
      await kubectl(target, ['delete', 'pod', pods[0]?.metadata.name ?? ''])
      await waitForRollout(target, api, () => {})
    }
    await atLeast(installed, 1)
  })

  await load.endEarly()
  const { requests, orders } = await result
  t.equal(requests.failed, 0, `0 of ${requests.offered} requests failed`)
  t.ok(requests.offered > 500)
  t.ok(orders.confirmed >= 0.9 * orders.attempted, `${orders.confirmed} of ${orders.attempted} orders confirmed`)
  t.ok(requests.shed + requests.limited <= 0.05 * requests.offered, `${requests.shed + requests.limited} turned away`)
  const invariants = await load.invariants(comment)
  for (const [name, { holds }] of Object.entries(invariants)) t.ok(holds, name)
})

/** Sets the least replicas of the services whose pods are deleted, and waits until they are there. */
async function atLeast({ target, api }: OnSale, replicas: number): Promise<void> {
  const values = deletable.flatMap((service) => ['--set', `${service}.autoscaling.minReplicas=${replicas}`])
  await helm(target, ['upgrade', release, chart, '--reset-then-reuse-values', ...values])
  const isThere = async () => {
    const hpas = await api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers')
    const there = hpas.filter(({ metadata }) => deletable.some((service) => metadata.name === `headroom-${service}`))
    return there.every(({ status }) => (status.currentReplicas ?? 0) >= replicas) ? true : undefined
  }
  await until(`${replicas} of each`, isThere)
  await waitForRollout(target, api, () => {})
}

function imageOf({ spec }: Pod): string {
  return spec.containers[0]?.image ?? ''
}
