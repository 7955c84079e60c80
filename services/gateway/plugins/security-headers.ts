import { ServerResponse } from 'node:http'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import helmet from 'helmet'

/**
 * Helmet's headers on every reply, errors included. They are the same for each, so helmet writes them once, into a response that is never
 * sent, and requests copy them: @fastify/helmet would configure helmet anew for every request.
 * Nothing here is a page, so the content policy allows nothing at all.
 */
export const securityHeaders = fp(
  async (server: Server) => {
    const sample = new ServerResponse({ method: 'GET', httpVersionMajor: 1, httpVersionMinor: 1 } as never)
    helmet({ contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } } })(
      {} as never,
      sample,
      (error?: unknown) => {
        if (error) throw error
      },
    )
    const headers = sample.getHeaders() as Record<string, string>
    // Not onRequest: a request shed before this plugin's turn gets them too.
    server.addHook('onSend', (_request, reply, _payload, done) => {
      reply.headers(headers)
      done()
    })
  },
  { name: 'security-headers' },
)
