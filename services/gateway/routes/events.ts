import type { Server } from '@headroom/kit/service'
import { EventList } from '../lib/schemas.ts'

/** GET /api/events: what is on sale. */
export async function events(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/api/events',
    config: { priority: 'browse', problems: ['rate_limited', 'dependency_unavailable'] },
    schema: {
      summary: 'List the events on sale',
      response: { 200: EventList },
    },
    handler: (request) => server.storefront.list(request),
  })
}
