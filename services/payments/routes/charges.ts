import { problems as common, ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { problems } from '../lib/problems.ts'
import { ChargeRequestSchema, ChargeSchema } from '../lib/schemas.ts'

/** POST /charges: takes money for an order, once. */
export async function charges(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/charges',
    config: {
      priority: 'finish',
      problems: ['idempotency_key_missing', 'payment_declined', 'idempotency_key_reused', 'provider_failed', 'database_unavailable'],
    },
    schema: {
      summary: 'Charge an order',
      description: 'The Idempotency-Key is the order id. The same request again gets the same answer, 402 payment_declined included.',
      headers: Type.Object({ 'idempotency-key': Type.Optional(Type.String()) }),
      body: ChargeRequestSchema,
      response: { 201: ChargeSchema, default: ProblemSchema },
    },
    handler: async (request, reply) => {
      const key = request.headers['idempotency-key']
      if (key === undefined || key === '') throw problems.idempotency_key_missing()
      if (key !== request.body.orderId) throw common.validation_failed('headers/idempotency-key must be the orderId of the body')
      const charge = await server.provider.charge(request.body)
      reply.code(201)
      return charge
    },
  })
}
