import { problems } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'

/** GET /hello: what the hello service says. */
export async function hello(server: Server): Promise<void> {
  server.route({
    method: 'GET',
    url: '/hello',
    config: { priority: 'browse', problems: ['rate_limited', 'dependency_unavailable'] },
    schema: {
      summary: 'Say hello',
      produces: ['text/plain'],
      response: { 200: Type.String() },
    },
    handler: async (request, reply) => {
      const { status, body } = await server.peers.hello.ask(request, { method: 'GET', path: '/hello' })
      if (status !== 200 || typeof body !== 'string')
        throw problems.dependency_unavailable('hello gives no usable answer', { retryAfterS: 1 })
      return reply.type('text/plain; charset=utf-8').send(body)
    },
  })
}
