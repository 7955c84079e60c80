import { createClient } from '@headroom/kit/client'
import { count, gauge } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import type { GatewayConfig } from '../config.ts'
import { Peer } from '../lib/peer.ts'

/** The services this one composes. */
export interface Peers {
  catalog: Peer
  inventory: Peer
  orders: Peer
  hello: Peer
}

declare module 'fastify' {
  interface FastifyInstance {
    peers: Peers
  }
}

/** One client, breaker and budget of retries for each peer. */
export const peers = fp(
  async (server: Server, config: GatewayConfig) => {
    const connect = (name: keyof Peers, url: string, timeoutMs: number) => {
      const client = createClient(server, { name, url, timeoutMs, connections: config.PEER_CONNECTIONS_MAX, resend: false })
      const peer = new Peer(client, timeoutMs)
      const { registry } = server.kit.metrics
      count(registry, `http_client_${name}_retries_total`, `Calls to ${name} that were sent again.`, () => peer.retries)
      gauge(registry, `http_client_${name}_breaker_open`, `1 while nothing is sent to ${name}.`, () => (peer.open ? 1 : 0))
      return peer
    }
    const all: Peers = {
      catalog: connect('catalog', config.CATALOG_URL, config.CATALOG_TIMEOUT_MS),
      inventory: connect('inventory', config.INVENTORY_URL, config.INVENTORY_TIMEOUT_MS),
      orders: connect('orders', config.ORDERS_URL, config.ORDERS_TIMEOUT_MS),
      hello: connect('hello', config.HELLO_URL, config.HELLO_TIMEOUT_MS),
    }
    server.decorate('peers', all)
    server.addHook('onClose', async () => {
      for (const peer of Object.values(all)) peer.close()
    })
  },
  { name: 'peers' },
)
