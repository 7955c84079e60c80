import { examine } from '@headroom/cluster/doctor'
import { imageSize, megabytes, repository } from '@headroom/cluster/images'
import { installChart } from '@headroom/cluster/install'
import type { Hpa, Pod, PodMetrics } from '@headroom/cluster/kube-types'
import { isTrue } from '@headroom/cluster/obstacles'
import { readTargets } from '@headroom/cluster/prometheus'
import { waitForRollout } from '@headroom/cluster/rollout'
import { helm, release } from '@headroom/cluster/target'
import { until } from '@headroom/cluster/until'
import { numberValue } from '@headroom/hpa/quantity'
import t from 'tap'
import { onSale, portForward, restarts, servicePods, templates } from './helper.ts'

const ownBytesMax = 40e6
const memoryBytesMax = 2 ** 30

t.test('the on-sale as installed', async (t) => {
  const installed = await onSale(t)
  const { target, api, services, tag } = installed

  await t.test('answers through kubectl port-forward', async (t) => {
    const url = await portForward(t, target, 'service/headroom-gateway', 3000)
    const hello = await fetch(`${url}/hello`)
    t.equal(hello.status, 200)
    t.equal(await hello.text(), 'Hello World!')
    const { events } = (await (await fetch(`${url}/api/events`)).json()) as { events: unknown[] }
    t.ok(events.length >= 5)
  })

  await t.test('every autoscaler reads real CPU', async (t) => {
    const hpas = await api.list<Hpa>('autoscaling/v2', 'horizontalpodautoscalers')
    t.ok(hpas.length >= 3)
    for (const { metadata, status } of hpas) {
      t.ok(isTrue(status.conditions, 'ScalingActive'), metadata.name)
      t.type(status.currentMetrics?.[0]?.containerResource?.current?.averageUtilization, 'number', metadata.name)
    }
  })

  await t.test('every pod passes the Pod Security level restricted, which the namespace enforces', async (t) => {
    const { metadata } = await api.get<{ metadata: { labels: Record<string, string> } }>(`/api/v1/namespaces/${target.namespace}`)
    t.equal(metadata.labels['pod-security.kubernetes.io/enforce'], 'restricted')
    const pods = await api.list<Pod>('v1', 'pods')
    t.ok(pods.length > services.length)
  })

  await t.test('Prometheus lists every service pod as an up target', async (t) => {
    const pods = [...(await servicePods(installed)).values()].flat().map(({ metadata }) => metadata.name)
    t.ok(pods.length >= services.length)
    const up = await until(
      'every pod an up target',
      async () => {
        const targets = (await readTargets(api)) ?? []
        const healthy = targets.filter(({ health }) => health === 'up').map(({ labels }) => labels.pod)
        return pods.every((pod) => healthy.includes(pod)) ? healthy : undefined
      },
      60_000,
    )
    t.ok(up.length >= pods.length)
  })

  await t.test('images are small, and so is the on-sale at its minimum', async (t) => {
    for (const service of services) {
      const { ownBytes } = await imageSize(`${repository(service, undefined)}:${tag}`)
      t.ok(ownBytes <= ownBytesMax, `${service}: ${megabytes(ownBytes)} on top of the Node layers`)
    }
    const items = await until('the memory of every pod', async () => {
      const found = await api.get<{ items: PodMetrics[] }>(`/apis/metrics.k8s.io/v1beta1/namespaces/${target.namespace}/pods`)
      return found.items.length > services.length ? found.items : undefined
    })
    const bytes = items.flatMap(({ containers }) => containers).reduce((sum, { usage }) => sum + numberValue(usage.memory), 0)
    t.ok(bytes <= memoryBytesMax, `${items.length} pods use ${Math.round(bytes / 2 ** 20)} MiB`)
  })

  await t.test('installing the same again restarts nothing', async (t) => {
    const allPods = async () => [...(await servicePods(installed)).values()].flat()
    const before = await allPods()
    await installChart(target, { profile: 'kind', tag, registry: undefined })
    await waitForRollout(target, api, (text) => t.comment(text))
    const after = await allPods()
    t.same(templates(after), templates(before), 'nothing was rolled out')
    t.ok(restarts(after) <= restarts(before), 'no container restarted')
  })

  await t.test('helm test passes', async (t) => {
    t.match(await helm(target, ['test', release, '--timeout', '3m']), /Phase:\s+Succeeded/)
  })

  await t.test('the doctor finds no problem', async (t) => {
    t.ok(await examine(target, api, (text) => t.comment(text)))
  })
})
