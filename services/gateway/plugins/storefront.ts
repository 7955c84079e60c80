import { count } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import type { GatewayConfig } from '../config.ts'
import { Storefront } from '../lib/storefront.ts'

declare module 'fastify' {
  interface FastifyInstance {
    storefront: Storefront
  }
}

/** Gives the routes what a buyer sees of catalog and inventory. */
export const storefront = fp(
  async (server: Server, config: GatewayConfig) => {
    const { catalog, inventory } = server.peers
    const made = new Storefront({
      catalog: (context, call) => catalog.ask(context, call),
      inventory: (context, call) => inventory.ask(context, call),
      availabilityTtlMs: config.AVAILABILITY_TTL_MS,
      inventoryTimeoutMs: config.INVENTORY_TIMEOUT_MS,
    })
    count(
      server.kit.metrics.registry,
      'gateway_degraded_answers_total',
      'Answers with a part missing or out of date.',
      () => made.degradedCount,
    )
    server.decorate('storefront', made)
  },
  { name: 'storefront', dependencies: ['peers'] },
)
