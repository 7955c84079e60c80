import fastifyRateLimit from '@fastify/rate-limit'
import { problems } from '@headroom/kit/errors'
import type { Stage } from '@headroom/kit/exchange'
import { count } from '@headroom/kit/metrics'
import type { FastifyInstance } from 'fastify'
import type { GatewayConfig } from '../config.ts'

/** Client addresses remembered; the least recently seen is forgotten first. */
const clientsMax = 10_000

/**
 * Limits what one client address may ask of one replica, so n replicas allow n times as much. The address is the connection's, or the one
 * that a proxy within TRUST_PROXY reports; IPv6 clients are told apart by their /64 network.
 *
 * A stage, not the hook that @fastify/rate-limit would give every route: that one comes after a request has taken its place of the limit on
 * requests in flight, and never for what is no route.
 */
export async function rateLimit(server: FastifyInstance, config: GatewayConfig): Promise<Stage> {
  let limited = 0
  count(server.kit.metrics.registry, 'gateway_rate_limited_total', 'Requests refused with 429.', () => limited)
  if (config.RATE_LIMIT_MAX === 0) return {}
  await server.register(fastifyRateLimit, {
    global: false,
    max: config.RATE_LIMIT_MAX,
    timeWindow: config.RATE_LIMIT_WINDOW_MS,
    cache: clientsMax,
  })
  const check = server.createRateLimit()
  const verdict = (state: Awaited<ReturnType<typeof check>>) => {
    if (state.isAllowed || !state.isExceeded) return undefined
    limited++
    return problems.rate_limited(`more than ${config.RATE_LIMIT_MAX} requests within ${config.RATE_LIMIT_WINDOW_MS} ms`, {
      retryAfterS: state.ttl / 1000,
    })
  }
  return { arrive: ({ request }) => check(request).then(verdict) }
}
