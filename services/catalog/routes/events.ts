import { ProblemSchema } from '@headroom/kit/errors'
import type { Server } from '@headroom/kit/service'
import { EventListSchema, Unchanged } from '../lib/schemas.ts'

/** GET /events: the whole catalog. */
export async function events(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/events',
    config: { priority: 'browse', problems: ['database_unavailable'] },
    schema: {
      summary: 'List all events with their tiers',
      response: { 200: EventListSchema, 304: Unchanged, default: ProblemSchema },
    },
    handler: (_request, reply) => {
      reply.sendPage((pages) => pages.list)
    },
  })
}
