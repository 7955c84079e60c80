import { ProblemSchema } from '@headroom/kit/errors'
import type { Server } from '@headroom/kit/service'
import { HoldSchema, ReservationSchema } from '../lib/schemas.ts'

/** POST /holds: holds tickets for an order; the order id makes it idempotent. */
export async function holds(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/holds',
    config: { priority: 'start', problems: ['tier_not_found', 'sold_out', 'hold_expired', 'order_id_reused', 'database_unavailable'] },
    schema: {
      summary: 'Hold tickets for an order',
      description: 'Repeating it gives the same hold. 409 sold_out when fewer remain; 409 hold_expired when the order was given up before.',
      body: ReservationSchema,
      response: { 201: HoldSchema, default: ProblemSchema },
    },
    handler: async (request, reply) => {
      const hold = await server.holds.reserve(request.body, request.deadlineAt)
      reply.code(201)
      return hold
    },
  })
}
