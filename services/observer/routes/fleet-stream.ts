import { problems } from '@headroom/kit/errors'
import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { Broadcast, eventText } from '../lib/broadcast.ts'

const heartbeatMs = 5000
/** A full house changes slowly, and each that asks again costs. */
const retryAfterS = 15

/**
 * GET /fleet/stream: server-sent events. `fleet` at once, on every change and every five seconds; `sample` with every round of scrapes;
 * `bye` when this replica leaves. A stream holds no place of the limit on requests in flight, so their number has a limit of its own.
 */
export async function fleetStream(server: Server, { STREAM_READERS_MAX }: { STREAM_READERS_MAX: number }): Promise<void> {
  const readers = new Broadcast()
  const sendFleet = () => {
    if (readers.size > 0) readers.send('fleet', server.cluster.fleet())
  }
  const unlisten = server.cluster.onChange(sendFleet)
  const heartbeat = setInterval(sendFleet, heartbeatMs).unref()
  server.traffic.onSample((sample) => readers.send('sample', sample))
  // Streams never end by themselves, and closing waits for what is open.
  server.addHook('preClose', async () => {
    clearInterval(heartbeat)
    unlisten()
    readers.end('bye')
  })
  server.route({
    method: 'GET',
    url: '/fleet/stream',
    config: { stream: true },
    schema: { summary: 'Follow the fleet as server-sent events', produces: ['text/event-stream'], response: { 200: Type.String() } },
    handler: (request, reply) => {
      if (readers.size >= STREAM_READERS_MAX)
        throw problems.overloaded(`as many as may follow the fleet already do (${readers.size})`, { retryAfterS })
      reply.hijack()
      request.raw.once('close', readers.add(reply.raw))
      reply.raw.write(eventText('fleet', server.cluster.fleet()))
    },
  })
}
