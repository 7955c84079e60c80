import { type BaseConfig, type Config, ConfigError, defineConfig } from '@headroom/kit/config'
import { Type } from '@headroom/kit/schema'
import { parseTrustedProxies } from './lib/trusted-proxies.ts'

const url = (peer: string) =>
  Type.String({ pattern: '^https?://[^/]+$', description: `Where ${peer} is, such as http://headroom-${peer}:3000.` })
const timeoutMs = (fallback: number, description: string) =>
  Type.Integer({ default: fallback, minimum: 10, maximum: 60_000, description: `${description} Must be less than HANDLER_TIMEOUT_MS.` })

const declared = defineConfig({
  CATALOG_URL: url('catalog'),
  INVENTORY_URL: url('inventory'),
  ORDERS_URL: url('orders'),
  HELLO_URL: url('hello'),
  CATALOG_TIMEOUT_MS: timeoutMs(1000, 'Longest to wait for catalog before its last good answer is shown.'),
  INVENTORY_TIMEOUT_MS: timeoutMs(1000, 'Longest to wait for an availability before it is shown as unknown.'),
  ORDERS_TIMEOUT_MS: timeoutMs(3500, 'Longest to wait for orders.'),
  HELLO_TIMEOUT_MS: timeoutMs(1000, 'Longest to wait for hello.'),
  PEER_CONNECTIONS_MAX: Type.Integer({ default: 64, minimum: 1, maximum: 1000, description: 'Most connections to each peer.' }),
  AVAILABILITY_TTL_MS: Type.Integer({
    default: 500,
    minimum: 0,
    maximum: 60_000,
    description: 'How long an availability is shown again without asking inventory.',
  }),
  RATE_LIMIT_MAX: Type.Integer({
    default: 10_000,
    minimum: 0,
    maximum: 10_000_000,
    description: 'Requests that one client address may make of one replica per window; 0 turns the limit off.',
  }),
  RATE_LIMIT_WINDOW_MS: Type.Integer({
    default: 1000,
    minimum: 100,
    maximum: 3_600_000,
    description: 'Length of the window of RATE_LIMIT_MAX.',
  }),
  TRUST_PROXY: Type.String({
    default: '',
    description:
      'Comma-separated networks (CIDR) of the proxies whose X-Forwarded-For is believed; none when empty. Never true or a number: then a client chooses its own address.',
  }),
})

export type GatewayConfig = ReturnType<typeof declared.load>

export const config: Config<GatewayConfig> = { properties: declared.properties, load }

/** What the schema cannot say is checked here, and told together with what it can. */
function load(env: Record<string, string | undefined>): GatewayConfig {
  const { mistakes } = parseTrustedProxies(env.TRUST_PROXY ?? '')
  try {
    const values = declared.load(env)
    mistakes.push(...slowerThanHandler(values))
    if (mistakes.length === 0) return values
  } catch (error) {
    if (error instanceof ConfigError) mistakes.unshift(...error.problems)
    else throw error
  }
  throw new ConfigError(mistakes)
}

/** A call that may outlast its handler would turn a late peer into an answer that says nothing about it. */
function slowerThanHandler(values: GatewayConfig): string[] {
  const { HANDLER_TIMEOUT_MS: limitMs } = values satisfies BaseConfig
  return (['CATALOG_TIMEOUT_MS', 'INVENTORY_TIMEOUT_MS', 'ORDERS_TIMEOUT_MS', 'HELLO_TIMEOUT_MS'] as const)
    .filter((key) => values[key] >= limitMs)
    .map((key) => `${key} must be less than HANDLER_TIMEOUT_MS (${limitMs}); it is ${values[key]}`)
}
