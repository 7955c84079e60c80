import type { Server } from '@headroom/kit/service'
import { HistorySchema } from '../lib/schemas.ts'

/** GET /samples: what the fleet did in the last minutes, oldest first; only the newest sample has its pods and edges. */
export async function samples(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/samples',
    schema: { summary: 'Show the last minutes', response: { 200: HistorySchema } },
    handler: (_request, reply) => {
      reply.header('cache-control', 'no-store').send(server.traffic.history.shown())
    },
  })
}
