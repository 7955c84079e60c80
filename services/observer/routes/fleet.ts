import type { Server } from '@headroom/kit/service'
import { FleetSchema } from '../lib/schemas.ts'

/** GET /fleet: every service as the caches show it now. Always 200: `access`, `detail` and `stale` say what the data is worth. */
export async function fleet(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/fleet',
    schema: { summary: 'Show the fleet', response: { 200: FleetSchema } },
    handler: (_request, reply) => {
      reply.header('cache-control', 'no-store').send(server.cluster.fleet())
    },
  })
}
