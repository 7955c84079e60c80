import { pathToFileURL } from 'node:url'
import type { Test } from 'tap'
import { stringify } from 'yaml'

type Block = Record<string, unknown>

const service = new URL('fixtures/service.ts', import.meta.url).href

/** Least values of a service in the words of charts/service. */
export const leastValues = {
  enabled: true,
  name: '',
  env: { DRAIN_DELAY_MS: '50' },
  resources: { requests: { cpu: '100m' }, limits: { cpu: '1' } },
  autoscaling: { enabled: false, minReplicas: 1, maxReplicas: 3, targetCPUUtilizationPercentage: 60 },
  replicas: 1,
  terminationGracePeriodSeconds: 5,
  peers: { calls: {} },
  database: { enabled: false },
  serviceAccount: { token: false },
  migration: { enabled: false, args: [], env: {} },
}

/**
 * A small on-sale in a folder of its own: charts, and services that are all fixtures/service.ts.
 * @param blocks values by service, over the least ones
 * @param migrate text of every migrate.ts
 */
export function onSale(t: Test, blocks: Record<string, Block>, migrate = ''): URL {
  const names = Object.keys(blocks)
  const named = Object.fromEntries(names.map((name) => [name, { name: `headroom-${name}`, ...blocks[name] }]))
  const folder = t.testdir({
    charts: {
      service: { 'values.yaml': stringify(leastValues) },
      headroom: {
        'Chart.yaml': stringify({ dependencies: names.map((alias) => ({ name: 'service', alias })) }),
        'values.yaml': stringify(named),
        'values-kind.yaml': '',
      },
    },
    services: Object.fromEntries(names.map((name) => [name, { 'main.ts': `await import('${service}')\n`, 'migrate.ts': migrate }])),
    out: {},
  })
  return pathToFileURL(`${folder}/`)
}
