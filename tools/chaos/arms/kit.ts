/** A service made of kit for rows that need one of their own: it waits, streams and takes bodies, and does nothing else. */
import { setTimeout as delay } from 'node:timers/promises'
import { defineConfig } from '@headroom/kit/config'
import { run } from '@headroom/kit/run'
import { Type } from '@headroom/kit/schema'
import { defineService, type Server } from '@headroom/kit/service'
import type { FastifyReply } from 'fastify'

const waitMsMax = 5000

async function app(server: Server): Promise<void> {
  const streams = new Set<FastifyReply>()
  server.addHook('preClose', async () => {
    for (const { raw } of streams) raw.end('event: bye\ndata: {}\n\n')
  })
  server.get('/stream', (_request, reply) => {
    reply.hijack()
    reply.raw.writeHead(200, { 'content-type': 'text/event-stream', connection: 'close' })
    reply.raw.write('event: hello\ndata: {}\n\n')
    streams.add(reply)
    reply.raw.once('close', () => streams.delete(reply))
  })
  const query = Type.Object({ ms: Type.Integer({ minimum: 0, maximum: waitMsMax }) })
  server.get('/wait', { config: { priority: 'finish' }, schema: { querystring: query } }, async ({ query: { ms } }) => {
    await delay(ms)
    return { waitedMs: ms }
  })
  const body = Type.Object({ text: Type.String() }, { additionalProperties: false })
  server.post('/echo', { schema: { body } }, async ({ body: { text } }) => ({ text }))
}

await run(defineService({ name: 'kit-arm', config: defineConfig({}), app }))
