import { performance } from 'node:perf_hooks'
import { type Client, createClient } from '@headroom/kit/client'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import type { OrdersConfig } from '../config.ts'
import { createPeers, type Peers, readPrices } from '../lib/peers.ts'
import { PriceList } from '../lib/price-list.ts'

declare module 'fastify' {
  interface FastifyInstance {
    catalogClient: Client
    sagaPeers: Peers
    prices: PriceList
  }
}

/** The other services: what the saga asks them, the prices they set, and the client that events are delivered with. */
export const peers = fp(
  async (server: Server, config: OrdersConfig) => {
    const timeoutMs = config.PEER_TIMEOUT_MS
    const catalog = createClient(server, { name: 'catalog', url: config.CATALOG_URL, timeoutMs })
    // Without resending: of a question asked once and refused we know that nothing was done.
    const inventory = createClient(server, { name: 'inventory', url: config.INVENTORY_URL, timeoutMs, resend: false })
    const payments = createClient(server, { name: 'payments', url: config.PAYMENTS_URL, timeoutMs, resend: false })
    server.decorate('catalogClient', catalog)
    server.decorate(
      'sagaPeers',
      createPeers(inventory, payments, (peer, { status, body }) => server.log.error({ peer, status, body }, 'answer outside the contract')),
    )
    // Many requests wait for one reading, so it has a deadline of its own; its trace is that of the first.
    const read = (traceparent: string, eventId: string) =>
      readPrices(catalog, { traceparent, deadlineAt: performance.now() + timeoutMs }, eventId)
    server.decorate('prices', new PriceList(read, config.PRICE_TTL_MS))
  },
  { name: 'peers' },
)
