import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import type { FastifyReply } from 'fastify'

const heartbeatMs = 5000
/** A reader that lets this much pile up is let go; it comes back by itself. */
const pendingBytesMax = 1_000_000

/** GET /fleet/stream: server-sent events, a `fleet` event at once, on every change and every five seconds; a `bye` event when this replica leaves. */
export async function fleetStream(server: Server): Promise<void> {
  const open = new Set<FastifyReply>()
  // Streams never end by themselves, and closing waits for what is open.
  server.addHook('preClose', async () => {
    for (const reply of open) reply.raw.end('event: bye\ndata: {}\n\n')
  })
  server.route({
    method: 'GET',
    url: '/fleet/stream',
    schema: { summary: 'Follow the fleet as server-sent events', produces: ['text/event-stream'], response: { 200: Type.String() } },
    handler: (request, reply) => {
      reply.hijack()
      const { raw } = reply
      raw.writeHead(200, {
        'content-type': 'text/event-stream',
        'cache-control': 'no-store',
        connection: 'close',
        'x-accel-buffering': 'no',
      })
      open.add(reply)
      const send = () => {
        if (raw.writableLength > pendingBytesMax) raw.destroy()
        else raw.write(`event: fleet\ndata: ${JSON.stringify(server.cluster.fleet())}\n\n`)
      }
      const unlisten = server.cluster.onChange(send)
      const heartbeat = setInterval(send, heartbeatMs)
      request.raw.once('close', () => {
        clearInterval(heartbeat)
        unlisten()
        open.delete(reply)
      })
      send()
    },
  })
}
