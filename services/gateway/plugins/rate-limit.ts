import fastifyRateLimit from '@fastify/rate-limit'
import { problems } from '@headroom/kit/errors'
import { count } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import type { GatewayConfig } from '../config.ts'

/** Client addresses remembered; the least recently seen is forgotten first. */
const clientsMax = 10_000

/**
 * Limits what one client address may ask of one replica, so n replicas allow n times as much. The address is the connection's, or the one
 * that a proxy within TRUST_PROXY reports; IPv6 clients are told apart by their /64 network.
 */
export const rateLimit = fp(
  async (server: Server, config: GatewayConfig) => {
    let limited = 0
    count(server.kit.metrics.registry, 'gateway_rate_limited_total', 'Requests refused with 429.', () => limited)
    if (config.RATE_LIMIT_MAX === 0) return
    await server.register(fastifyRateLimit, {
      max: config.RATE_LIMIT_MAX,
      timeWindow: config.RATE_LIMIT_WINDOW_MS,
      cache: clientsMax,
      // Headers that only tell how far away the limit is would cost every reply; the problem document carries Retry-After.
      addHeaders: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false, 'retry-after': false },
      addHeadersOnExceeding: { 'x-ratelimit-limit': false, 'x-ratelimit-remaining': false, 'x-ratelimit-reset': false },
      errorResponseBuilder: (_request, { ttl }) => {
        limited++
        return problems.rate_limited(`more than ${config.RATE_LIMIT_MAX} requests within ${config.RATE_LIMIT_WINDOW_MS} ms`, {
          retryAfterS: ttl / 1000,
        })
      },
    })
  },
  { name: 'rate-limit' },
)
