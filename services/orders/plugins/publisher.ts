import { Loop } from '@headroom/kit/loop'
import { count } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import { newTraces } from '@headroom/kit/tracing'
import fp from 'fastify-plugin'
import type { OrdersConfig } from '../config.ts'
import { deliverEvents } from '../lib/outbox.ts'

declare module 'fastify' {
  interface FastifyInstance {
    publisher: Loop
  }
}

/** Delivers the outbox to catalog for as long as the service runs. */
export const publisher = fp(
  async (server: Server, config: OrdersConfig) => {
    const inNewTrace = newTraces(server.kit.tracer)
    let published = 0
    let failures = 0
    const loop = new Loop({
      intervalMs: config.OUTBOX_INTERVAL_MS,
      work: async () => {
        try {
          const { delivered, more } = await deliverEvents(server.database, server.catalogClient, inNewTrace)
          published += delivered
          return more
        } catch (error) {
          failures++
          throw error
        }
      },
      onHealth: (err) => (err === undefined ? server.log.info('outbox delivers again') : server.log.warn({ err }, 'outbox cannot deliver')),
    })
    const { registry } = server.kit.metrics
    count(registry, 'outbox_events_published_total', 'Events delivered by this replica.', () => published)
    count(registry, 'outbox_failures_total', 'Deliveries that failed.', () => failures)
    server.decorate('publisher', loop)
    server.addHook('onReady', async () => loop.start())
    server.addHook('onClose', () => loop.close())
  },
  { name: 'publisher', dependencies: ['database', 'peers'] },
)
