import type { Pod, Workload } from '@headroom/cluster/kube-types'
import { kubectl } from '@headroom/cluster/target'
import t from 'tap'
import { onSale, until } from './helper.ts'

const readyWithinS = 4

t.test('under a CPU limit of 200m every service is ready within 4 s of its container starting', async (t) => {
  const { target, api, services } = await onSale(t)
  for (const service of services) {
    const deployment = await api.get<Workload>(`/apis/apps/v1/namespaces/${target.namespace}/deployments/headroom-${service}`)
    const name = `${service}-start-up`
    await kubectl(target, ['apply', '--filename', '-'], { input: JSON.stringify(lonePod(name, service, deployment)) })
    const pod = await until(`${name} ready`, async () => {
      const found = await api.get<Pod>(`/api/v1/namespaces/${target.namespace}/pods/${name}`)
      return readyAt(found) === undefined ? undefined : found
    })
    const { startMs } = JSON.parse((await kubectl(target, ['logs', name])).split('\n').find((line) => line.includes('"ready"')) ?? '{}')
    await kubectl(target, ['delete', 'pod', name, '--grace-period=1', '--wait=false'])
    const startedAt = pod.status.containerStatuses?.[0]?.state?.running?.startedAt ?? ''
    const seconds = ((readyAt(pod) ?? Number.NaN) - Date.parse(startedAt)) / 1000
    t.ok(seconds <= readyWithinS, `${service}: ${seconds} s from container start to ready, ${startMs} ms in the process`)
  }
})

/** A pod as the Deployment makes them, under another limit, and outside of the Service so that it gets no traffic. */
function lonePod(name: string, service: string, { spec }: Workload) {
  const { containers, ...rest } = spec.template.spec
  const resources = { requests: { cpu: '50m', memory: '72Mi' }, limits: { cpu: '200m', memory: '192Mi' } }
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { 'app.kubernetes.io/name': `headroom-${service}` } },
    spec: { ...rest, containers: containers.map((container) => ({ ...container, resources })) },
  }
}

function readyAt({ status }: Pod): number | undefined {
  const ready = status.conditions?.find(({ type, status: value }) => type === 'Ready' && value === 'True')
  return ready?.lastTransitionTime === undefined ? undefined : Date.parse(ready.lastTransitionTime)
}
