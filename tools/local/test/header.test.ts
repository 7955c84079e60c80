import { lineProblem } from '@headroom/report/recording-lines'
import t from 'tap'
import { recordingHeader } from '../header.ts'
import type { ServiceValues } from '../values.ts'
import { readValues } from '../values.ts'
import { leastValues } from './on-sale.ts'

const options = { startedAtMs: Date.parse('2026-11-22T10:00:00.000Z'), speed: 8, cpuLimit: true, postgresVersion: '18.4' }
const behavior = { scaleDown: { stabilizationWindowSeconds: 60 } }
const autoscaling = { enabled: true, minReplicas: 2, maxReplicas: 5, targetCPUUtilizationPercentage: 55, behavior }
const orders: ServiceValues = { ...leastValues, service: 'orders', name: 'headroom-orders', autoscaling }
const hello: ServiceValues = { ...leastValues, service: 'hello', name: 'headroom-hello', replicas: 3 }
const services = [
  { service: 'orders', values: orders },
  { service: 'hello', values: hello },
]

t.test('the header has the numbers of the charts, and the spec that the autoscaler gets', async (t) => {
  const header = recordingHeader(services, options)
  t.match(header, { engine: 'local', startedAt: '2026-11-22T10:00:00.000Z', speed: 8 })
  t.match(header.versions, { headroom: /^\d+\.\d+\.\d+/, node: process.versions.node, postgres: '18.4' })
  t.strictSame(header.services.hello, { minReplicas: 3, maxReplicas: 3, cpuRequestMillicores: 100, cpuLimitMillicores: 1000, spec: null })
  const target = { type: 'Utilization', averageUtilization: 55 }
  t.strictSame(header.services.orders, {
    minReplicas: 2,
    maxReplicas: 5,
    cpuRequestMillicores: 100,
    cpuLimitMillicores: 1000,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'headroom-orders' },
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [{ type: 'ContainerResource', containerResource: { container: 'app', name: 'cpu', target } }],
      behavior,
    },
  })
})

t.test('a limit that is not emulated is none, and a database that is not there has no version', async (t) => {
  const header = recordingHeader(services, { ...options, cpuLimit: false, postgresVersion: undefined })
  t.equal(header.services.orders?.cpuLimitMillicores, 0)
  t.notOk('postgres' in header.versions)
})

t.test("the on-sale's own values make a header that is accepted", async (t) => {
  const values = await readValues(new URL('../../../charts/', import.meta.url), 'kind')
  const header = recordingHeader(
    values.map((block) => ({ service: block.service, values: block })),
    options,
  )
  t.equal(lineProblem({ type: 'header', format: 'headroom-recording', version: 1, ...header }, undefined), undefined)
  t.strictSame(Object.keys(header.services).sort(), ['catalog', 'gateway', 'hello', 'inventory', 'observer', 'orders', 'payments'])
})
