import { Socket } from 'node:net'
import { IncomingMessage, ServerResponse } from '@headroom/kit/parts'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import helmet from 'helmet'

const policy = 'content-security-policy'

/**
 * Helmet's headers, without the five that no browser of today heeds or needs: each costs every reply. An answer of the API is no page, so its
 * content policy allows nothing at all.
 */
const write = helmet({
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
})

/**
 * Security headers on every reply, errors included. They are the same for each, so helmet writes them once, into a response that is never
 * sent, and replies copy them: @fastify/helmet would configure helmet anew for every request.
 */
export const securityHeaders = fp(
  async (server: Server) => {
    const request = new IncomingMessage(new Socket())
    const sample = new ServerResponse(request)
    write(request, sample, (error) => {
      if (error) throw error
    })
    const { [policy]: ofApi, ...headers } = sample.getHeaders()
    // Not onRequest: a request shed before this plugin's turn gets them too.
    server.addHook('onSend', (_request, reply, _payload, done) => {
      reply.headers(headers)
      // A page brings its own.
      if (!reply.hasHeader(policy)) reply.header(policy, ofApi)
      done()
    })
  },
  { name: 'security-headers' },
)
