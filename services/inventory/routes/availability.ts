import { ProblemSchema } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { problems } from '../lib/problems.ts'
import { AvailabilitySchema, Id } from '../lib/schemas.ts'

/** GET /availability/{eventId}: what remains, at most AVAILABILITY_CACHE_MS old. */
export async function availability(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/availability/:eventId',
    config: { priority: 'browse', problems: ['event_not_found', 'database_unavailable'] },
    schema: {
      summary: 'Read the remaining tickets of an event',
      params: Type.Object({ eventId: Id }, { additionalProperties: false }),
      response: { 200: AvailabilitySchema, default: ProblemSchema },
    },
    handler: async (request) => {
      const found = await server.availability.get(request.params.eventId)
      if (found === undefined) throw problems.event_not_found()
      return found
    },
  })
}
