import { count, gauge } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import * as statements from '../lib/statements.ts'
import { TicketsHeld } from '../lib/tickets-held.ts'

/** Holds that one statement expires; a backlog is worked off statement by statement. */
const sweepMax = 500

declare module 'fastify' {
  interface FastifyInstance {
    /** Expires every hold whose time is over; resolves with how many this replica expired. */
    sweep(): Promise<number>
  }
}

/** Gives back the tickets of holds that were not confirmed in time. Every replica sweeps: each skips the rows another one is at. */
export const sweeper = fp(
  async (server: Server, config: { readonly SWEEP_INTERVAL_MS: number }) => {
    const { database, kit, log } = server
    const held = new TicketsHeld(database.patientQuery)
    let expired = 0
    let failing = false
    let timer: NodeJS.Timeout | undefined
    let sweeping: Promise<unknown> = Promise.resolve()
    let closed = false

    async function sweep(): Promise<number> {
      let total = 0
      for (;;) {
        const { rows } = await database.patientQuery<{ expired: number }>('expire', statements.expire, [sweepMax])
        const swept = rows[0]?.expired ?? 0
        total += swept
        expired += swept
        if (swept < sweepMax || closed) return total
      }
    }

    async function sweepAndPlan(): Promise<void> {
      try {
        await sweep()
        await held.refresh()
        failing = false
      } catch (err) {
        // Once per outage, not once per second.
        if (!failing) log.warn({ err }, 'expired holds cannot be swept; trying on')
        failing = true
      }
      plan()
    }

    function plan(): void {
      if (closed) return
      timer = setTimeout(
        () => {
          sweeping = sweepAndPlan()
        },
        config.SWEEP_INTERVAL_MS * (0.5 + Math.random()),
      ).unref()
    }

    count(kit.metrics.registry, 'inventory_holds_expired_total', 'Holds this replica expired.', () => expired)
    gauge(kit.metrics.registry, 'inventory_tickets_held', 'Tickets in open holds, of all replicas.', () => held.count)
    server.decorate('sweep', sweep)
    server.addHook('onReady', async () => plan())
    server.addHook('onClose', async () => {
      closed = true
      clearTimeout(timer)
      await sweeping
    })
  },
  { name: 'sweeper', dependencies: ['database'] },
)
