import t from 'tap'
import { environmentOf, inheritedFrom } from '../environment.ts'
import type { ServiceValues } from '../values.ts'
import { leastValues } from './on-sale.ts'

const orders = (calls: ServiceValues['peers']['calls']): ServiceValues => ({
  ...leastValues,
  service: 'orders',
  name: 'headroom-orders',
  env: { DATABASE_POOL_MAX: '4', PGHOST: 'headroom-postgres' },
  peers: { calls },
})
const addresses = new Map([['headroom-catalog', 'http://127.0.0.1:4001']])

t.test("the chart's variables, the addresses of those it calls, and its database", async (t) => {
  const values = orders({ CATALOG_URL: { service: 'headroom-catalog', port: 3000 } })
  t.strictSame(environmentOf(values, addresses, { PGHOST: '127.0.0.1', PGPORT: '5544' }), {
    DATABASE_POOL_MAX: '4',
    CATALOG_URL: 'http://127.0.0.1:4001',
    PGHOST: '127.0.0.1',
    PGPORT: '5544',
  })
  t.strictSame(environmentOf(orders({}), addresses, undefined), { DATABASE_POOL_MAX: '4', PGHOST: 'headroom-postgres' })
})

t.test('a call to a service that does not run is refused by its path', async (t) => {
  const values = orders({ PAYMENTS_URL: { service: 'headroom-payments', port: 3000 } })
  t.throws(() => environmentOf(values, addresses, undefined), {
    message: 'charts/headroom: orders.peers.calls.PAYMENTS_URL names headroom-payments, which is not enabled in this profile',
  })
})

t.test('of our own environment the services learn where spans go, and nothing else', async (t) => {
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_TRACES_SAMPLER_ARG: '0.1' }
  t.strictSame(inheritedFrom({ ...tracing, OTEL_SERVICE_NAME: 'mine', PORT: '1', OTEL_RESOURCE_ATTRIBUTES: undefined }), tracing)
  t.strictSame(inheritedFrom({ PATH: '/bin' }), {})
})
