import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import type { Code } from '../lib/problems.ts'
import { Order, OrderId } from '../lib/schemas.ts'

/** What orders may say when asked for an order and buyers get to see. */
const codes: Code[] = [
  'order_not_found',
  'internal_error',
  'overloaded',
  'deadline_exceeded',
  'dependency_unavailable',
  'database_unavailable',
]

/** GET /api/orders/{id}: what became of an order. */
export async function order(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/api/orders/:id',
    config: { priority: 'finish', problems: ['rate_limited', ...codes] },
    schema: {
      summary: 'Read an order',
      params: Type.Object({ id: OrderId }, { additionalProperties: false }),
      response: { 200: Order },
    },
    handler: async (request, reply) => {
      const answer = await server.peers.orders.ask(request, { method: 'GET', path: `/orders/${request.params.id}` })
      return reply.relay(answer, { success: [200], codes })
    },
  })
}
