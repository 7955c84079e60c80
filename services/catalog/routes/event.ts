import { ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { EventSchema, Id, Unchanged } from '../lib/schemas.ts'

/** GET /events/{id}: one event. */
export async function event(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/events/:id',
    config: { priority: 'browse', problems: ['event_not_found', 'database_unavailable'] },
    schema: {
      summary: 'Read one event with its tiers',
      params: Type.Object({ id: Id }, { additionalProperties: false }),
      response: { 200: EventSchema, 304: Unchanged, default: ProblemSchema },
    },
    handler: (request, reply) => {
      reply.sendPage((pages) => pages.byId.get(request.params.id))
    },
  })
}
