import { setTimeout as delay } from 'node:timers/promises'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { capture, refund } from '../lib/ledger.ts'
import { problems } from '../lib/problems.ts'
import type { Charge, ChargeRequest, Refund } from '../lib/schemas.ts'

/** The simulated provider. It answers each request for an order as it answered the first. */
export interface Provider {
  /** @throws Problem payment_declined, idempotency_key_reused or provider_failed */
  charge(request: ChargeRequest): Promise<Charge>
  /** @throws Problem charge_not_found, charge_declined or provider_failed */
  refund(id: string): Promise<Refund>
}

declare module 'fastify' {
  interface FastifyInstance {
    provider: Provider
  }
}

/** Charges and refunds as a distant provider does them: after a while, sometimes not, sometimes without saying so. */
export const provider = fp(
  async (server: Server, config: { readonly PAYMENT_LATENCY_MS: number }) => {
    const { database, faults } = server

    /** Once begun, the work goes on when the caller has given up, as at a real provider: that is what an order must live with. */
    async function distantly<T>(work: () => Promise<T>): Promise<T> {
      const failure = faults.failure()
      const latencyMs = config.PAYMENT_LATENCY_MS + faults.current.latencyMs
      if (latencyMs > 0) await delay(latencyMs)
      if (failure === 'before') throw problems.provider_failed()
      const result = await work()
      if (failure === 'after') throw problems.provider_failed()
      return result
    }

    server.decorate('provider', {
      charge: (request) => distantly(() => capture(database.query, request, faults.declines())),
      refund: (id) => distantly(() => refund(database.query, id)),
    })
  },
  { name: 'provider', dependencies: ['database', 'faults'] },
)
