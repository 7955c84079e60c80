import { ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import type { FastifyReply } from 'fastify'
import { keyPattern } from '../lib/idempotency.ts'
import type { StoredReply } from '../lib/order.ts'
import { problems } from '../lib/problems.ts'
import { OrderRequestSchema, OrderSchema } from '../lib/schemas.ts'

/** POST /orders: places an order, once for each Idempotency-Key. */
export async function orders(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/orders',
    config: {
      priority: 'start',
      problems: [
        'idempotency_key_missing',
        'payment_declined',
        'tier_not_found',
        'sold_out',
        'hold_expired',
        'order_timed_out',
        'idempotency_key_reused',
        'dependency_unavailable',
        'database_unavailable',
      ],
    },
    schema: {
      summary: 'Place an order',
      description:
        'The same Idempotency-Key with the same body gives the same status and body, whichever replica is asked, for a day. 503 and 202 are not the reply yet: ask again with the same key. 400 and 404 begin nothing and use no key up: it may get another reply later, also with another body.',
      headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String({ pattern: keyPattern })) }),
      body: OrderRequestSchema,
      response: { 201: OrderSchema, 202: OrderSchema, default: ProblemSchema },
    },
    handler: async (request, reply) => {
      const key = request.headers['idempotency-key']
      if (key === undefined) throw problems.idempotency_key_missing()
      const decided = await server.checkout.place(request, key, request.body)
      server.failpoints.reach('beforeReply')
      return answer(reply, decided)
    },
  })
}

/** Sends the bytes as they were decided; a serializer of its own keeps Fastify from completing the content type. */
function answer(reply: FastifyReply, { status, body }: StoredReply): FastifyReply {
  const type = status < 400 ? 'application/json; charset=utf-8' : 'application/problem+json'
  return reply.code(status).type(type).serializer(String).send(body)
}
