import { ProblemSchema } from '@headroom/kit/errors'
import type { Server } from '@headroom/kit/service'
import { ChargeParams, RefundSchema } from '../lib/schemas.ts'

/** POST /charges/{id}/refund: gives the money of an order back, once. */
export async function chargeRefund(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/charges/:id/refund',
    config: { priority: 'finish', problems: ['charge_not_found', 'charge_declined', 'provider_failed', 'database_unavailable'] },
    schema: {
      summary: 'Refund a charge',
      description: 'Idempotent: the money goes back once, and every request gets the answer of the first.',
      params: ChargeParams,
      response: { 200: RefundSchema, default: ProblemSchema },
    },
    handler: (request) => server.provider.refund(request.params.id),
  })
}
