import { ProblemSchema } from '@headroom/kit/errors'
import type { Server } from '@headroom/kit/service'
import { HoldParams, HoldSchema } from '../lib/schemas.ts'

/** POST /holds/{id}/confirm: sells what is held. */
export async function holdConfirm(server: Server): Promise<void> {
  server.route({
    method: 'POST',
    url: '/holds/:id/confirm',
    config: { priority: 'finish', problems: ['hold_not_found', 'hold_expired', 'database_unavailable'] },
    schema: {
      summary: 'Sell the tickets of a hold',
      description: 'Idempotent. 409 hold_expired once its time is over or it was released, even before its tickets are given back.',
      params: HoldParams,
      response: { 200: HoldSchema, default: ProblemSchema },
    },
    handler: (request) => server.holds.confirm(request.params.id, request.deadlineAt),
  })
}
