import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { EventId, EventView } from '../lib/schemas.ts'

/** GET /api/events/{id}: one event and what is left of it. */
export async function event(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/api/events/:id',
    config: { priority: 'browse', problems: ['event_not_found', 'rate_limited', 'dependency_unavailable'] },
    schema: {
      summary: 'Show an event and the tickets left',
      params: Type.Object({ id: EventId }, { additionalProperties: false }),
      response: { 200: EventView },
    },
    handler: (request) => server.storefront.view(request, request.params.id),
  })
}
