import { Loop } from '@headroom/kit/loop'
import { count, gauge } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import { newTraces } from '@headroom/kit/tracing'
import fp from 'fastify-plugin'
import type { OrdersConfig } from '../config.ts'
import { Backlog } from '../lib/backlog.ts'
import { Checkout } from '../lib/checkout.ts'
import type { Order } from '../lib/order.ts'
import { OrderStore } from '../lib/order-store.ts'
import { problems } from '../lib/problems.ts'
import { SagaRunner } from '../lib/saga-runner.ts'

/** Confirmed orders of this long travel to catalog in one delivery. */
const publishWithinMs = 250
/** An order that was left is due after a tenth of a second. */
const recoverWithinMs = 150

declare module 'fastify' {
  interface FastifyInstance {
    orders: OrderStore
    checkout: Checkout
  }
}

/** The saga: orders placed by requests, and the recovery of those that a request or a replica left behind. */
export const checkout = fp(
  async (server: Server, config: OrdersConfig) => {
    const done = { confirmed: 0, cancelled: 0, recovered: 0 }
    const store = new OrderStore(server.database, { keyTtlS: config.IDEMPOTENCY_TTL_S, leaseS: config.LEASE_S })
    const onDone = (order: Order) => {
      if (order.claim > 0) done.recovered++
      if (order.state === 'cancelled') done.cancelled++
      else done.confirmed++
      if (order.state === 'confirmed') server.publisher.wake(publishWithinMs)
    }
    // What another replica left is found by looking; what a request here left is worth looking for soon, if there is hope.
    const onLeft = (order: Order) => {
      if (order.claim === 0 && !saga.struggling) recovery.wake(recoverWithinMs)
    }
    const saga = new SagaRunner({
      store,
      peers: server.sagaPeers,
      leaseS: config.LEASE_S,
      giveUpS: config.GIVE_UP_S,
      inNewTrace: newTraces(server.kit.tracer),
      onDone,
      onLeft,
    })
    const backlog = new Backlog(server.database)
    const recovery = new Loop({
      intervalMs: config.RECOVERY_INTERVAL_MS,
      work: async () => {
        // A failure is no reason not to recover, and recovering meets the same database.
        await backlog.refresh().catch(() => {})
        return await saga.recover()
      },
      onHealth: (err) => (err === undefined ? server.log.info('recovery works again') : server.log.warn({ err }, 'recovery fails')),
    })
    const priceOf = async (traceparent: string, eventId: string, tierId: string) => {
      const price = await server.prices.of(traceparent, eventId, tierId)
      if (price === undefined) throw problems.tier_not_found()
      return price
    }
    const { registry } = server.kit.metrics
    count(registry, 'orders_confirmed_total', 'Orders confirmed by this replica.', () => done.confirmed)
    count(registry, 'orders_cancelled_total', 'Orders cancelled by this replica.', () => done.cancelled)
    count(registry, 'orders_recovered_total', 'Orders finished by this replica after their worker had left them.', () => done.recovered)
    gauge(
      registry,
      'orders_oldest_unfinished_seconds',
      'Age of the oldest unfinished order of all replicas; 0 when there is none.',
      () => backlog.oldestOrderS,
    )
    gauge(
      registry,
      'outbox_oldest_undelivered_seconds',
      'Age of the oldest undelivered event of all replicas; 0 when there is none.',
      () => backlog.oldestEventS,
    )
    server.decorate('orders', store)
    server.decorate('checkout', new Checkout({ store, saga, priceOf, leaseS: config.LEASE_S }))
    server.addHook('onReady', async () => recovery.start())
    server.addHook('onClose', () => recovery.close())
  },
  { name: 'checkout', dependencies: ['database', 'peers', 'publisher'] },
)
