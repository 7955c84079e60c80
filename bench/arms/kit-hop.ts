/** A service of kit that passes one route on through kit's client: metrics, deadlines, limits and trace context, but nothing of the gateway's own. */
import { createClient } from '@headroom/kit/client'
import { defineConfig } from '@headroom/kit/config'
import { run } from '@headroom/kit/run'
import { defineService } from '@headroom/kit/service'

const service = defineService({
  name: 'hop',
  config: defineConfig({}),
  app: async (server) => {
    const peer = createClient(server, { name: 'peer', url: `http://127.0.0.1:${process.env.UPSTREAM_PORT}` })
    server.get('/hello', async (request, reply) => {
      const { status, body } = await peer.call(request, { method: 'GET', path: '/hello' })
      return reply.code(status).type('text/plain; charset=utf-8').send(body)
    })
  },
})

await run(service)
