import type { ConfigError } from '@headroom/kit/config'
import t from 'tap'
import { config } from '../config.ts'

const urls = { CATALOG_URL: 'http://a:1', INVENTORY_URL: 'http://b:1', ORDERS_URL: 'http://c:1', HELLO_URL: 'http://d:1' }

function mistakes(env: Record<string, string>): string[] {
  try {
    config.load(env)
    return []
  } catch (error) {
    return (error as ConfigError).problems
  }
}

t.test('the defaults are usable once the peers are named', async (t) => {
  t.match(config.load(urls), { RATE_LIMIT_MAX: 10_000, AVAILABILITY_TTL_MS: 500, TRUST_PROXY: '' })
})

t.test('every bad key is told at once, those a schema cannot judge included', async (t) => {
  t.match(mistakes({ ...urls, CATALOG_URL: 'catalog:3000', RATE_LIMIT_MAX: '-1', TRUST_PROXY: 'true' }), [
    /^CATALOG_URL /,
    /^RATE_LIMIT_MAX /,
    /^TRUST_PROXY must be a list of networks/,
  ])
  t.match(mistakes({}).sort(), [/^CATALOG_URL is required/, /^HELLO_URL/, /^INVENTORY_URL/, /^ORDERS_URL/])
})

t.test('a call that may outlast its handler is refused', async (t) => {
  t.strictSame(mistakes({ ...urls, HANDLER_TIMEOUT_MS: '1000', ORDERS_TIMEOUT_MS: '999' }), [
    'CATALOG_TIMEOUT_MS must be less than HANDLER_TIMEOUT_MS (1000); it is 1000',
    'INVENTORY_TIMEOUT_MS must be less than HANDLER_TIMEOUT_MS (1000); it is 1000',
    'HELLO_TIMEOUT_MS must be less than HANDLER_TIMEOUT_MS (1000); it is 1000',
  ])
})
