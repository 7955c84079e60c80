import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'

/** GET /hello: the whole of the service. */
export async function hello(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/hello',
    config: { priority: 'browse', problems: [] },
    schema: {
      summary: 'Say hello',
      produces: ['text/plain'],
      response: { 200: Type.String() },
    },
    handler: (_request, reply) => {
      reply.type('text/plain; charset=utf-8').send('Hello World!')
    },
  })
}
