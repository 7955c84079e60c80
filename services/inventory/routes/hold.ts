import { ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { HoldParams } from '../lib/schemas.ts'

/** DELETE /holds/{id}: gives back what is held. */
export async function hold(server: Server): Promise<void> {
  server.route({
    method: 'DELETE',
    url: '/holds/:id',
    config: { priority: 'finish', problems: ['hold_confirmed', 'database_unavailable'] },
    schema: {
      summary: 'Give back the tickets of a hold',
      description: 'Idempotent. An id without a hold is remembered, so that a reservation that is still on its way will hold nothing.',
      params: HoldParams,
      response: { 204: Type.Null({ description: 'Nothing is held for this order any more' }), default: ProblemSchema },
    },
    handler: async (request, reply) => {
      await server.holds.release(request.params.id, request.deadlineAt)
      reply.code(204)
      return null
    },
  })
}
