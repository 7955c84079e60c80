import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { type Code, problems } from '../lib/problems.ts'
import { EventId, Order, TierId } from '../lib/schemas.ts'

/** What orders may say of an order and buyers get to see. */
const codes: Code[] = [
  'validation_failed',
  'idempotency_key_missing',
  'payment_declined',
  'tier_not_found',
  'sold_out',
  'hold_expired',
  'order_timed_out',
  'idempotency_key_reused',
  'internal_error',
  'overloaded',
  'deadline_exceeded',
  'dependency_unavailable',
  'database_unavailable',
]

/** POST /api/orders: buy tickets. Orders decides; its answer is passed on as it is. */
export async function orders(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/api/orders',
    config: { priority: 'start', problems: ['rate_limited', ...codes] },
    schema: {
      summary: 'Order tickets',
      headers: Type.Object({
        'idempotency-key': Type.String({
          pattern: '^[!-~]{1,255}$',
          description: 'Chosen by the client, one for each order it means to make: repeating a request with its key never orders twice.',
        }),
      }),
      body: Type.Object(
        {
          eventId: EventId,
          tierId: TierId,
          quantity: Type.Integer({ minimum: 1, maximum: 4 }),
          buyer: Type.Optional(Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\u0000-\\u001f\\u007f]*$' })),
        },
        { additionalProperties: false },
      ),
      response: { 201: Order, 202: Order },
    },
    // A Problem is answered as it is; any other error only carries what Ajv found.
    schemaErrorFormatter: (errors, part) =>
      part === 'headers' && errors.some(({ keyword }) => keyword === 'required') ? problems.idempotency_key_missing() : new Error(part),
    handler: async (request, reply) => {
      const answer = await server.peers.orders.ask(request, {
        method: 'POST',
        path: '/orders',
        body: request.body,
        idempotencyKey: request.headers['idempotency-key'],
      })
      return reply.relay(answer, { success: [201, 202], codes })
    },
  })
}
