import { ServerResponse } from '@headroom/kit/parts'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import helmet from 'helmet'

const policy = 'content-security-policy'

/**
 * Helmet's headers on every reply, errors included. They are the same for each, so helmet writes them once, into a response that is never
 * sent, and requests copy them: @fastify/helmet would configure helmet anew for every request.
 * An answer of the API is no page, so its content policy allows nothing at all; a page brings its own.
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
      const own = reply.getHeader(policy)
      reply.headers(headers)
      if (own !== undefined) reply.header(policy, own)
      done()
    })
  },
  { name: 'security-headers' },
)
