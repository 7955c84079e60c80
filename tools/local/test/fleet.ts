import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { Deployments } from '../deployments.ts'
import { Store } from '../kube/store.ts'
import type { Replica } from '../replica.ts'
import { namespace, type ServiceRuntime } from '../service-runtime.ts'
import type { ServiceValues } from '../values.ts'
import { leastValues } from './on-sale.ts'

export const name = 'headroom-orders'

/** One service of so many replicas, and what a test does with it. */
export function setUp(t: Test, replicas: number, changes: { values?: Partial<ServiceValues>; env?: Record<string, string> } = {}) {
  const store = new Store()
  const logs = t.testdir({})
  const told = new EventEmitter()
  const crashes: string[] = []
  let endpoints: number[] = []
  const runtime: ServiceRuntime = {
    service: 'orders',
    values: { ...leastValues, service: 'orders', name, replicas, ...changes.values } as ServiceValues,
    main: new URL('fixtures/service.ts', import.meta.url),
    env: { DRAIN_DELAY_MS: '300', ...changes.env },
    setEndpoints: (now) => {
      endpoints = now.map(({ port }) => port)
      told.emit('change')
    },
  }
  const onCrash = ({ failure }: Replica) => crashes.push(String(failure))
  const deployments = new Deployments({ store, services: [runtime], logs, limitCpu: false, onCrash })
  t.teardown(() => deployments.kill())
  const until = async (holds: () => boolean) => {
    while (!holds()) await once(told, 'change')
  }
  const states = () =>
    deployments
      .of('orders')
      .map(({ state }) => state)
      .sort()
  return {
    store,
    deployments,
    crashes,
    states,
    endpoints: () => endpoints,
    podNames: () => store.list('pods').items.map(({ metadata }) => metadata.name),
    until,
    untilStates: (...wanted: string[]) => until(() => states().join() === wanted.join()),
    scale: (to: number) =>
      store.change('deployments', namespace, name, ({ spec }) => {
        spec.replicas = to
      }),
    status: () => store.get('deployments', namespace, name)?.status,
    log: (replica: Replica) => readFileSync(join(logs, `${replica.name}.log`), 'utf8'),
  }
}
