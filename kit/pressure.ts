import underPressure from '@fastify/under-pressure'
import type { FastifyInstance } from 'fastify'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import type { BaseConfig } from './config.ts'
import { problems } from './errors.ts'
import { gauge, type Metrics } from './metrics.ts'

/** How dear a request is when not all can be served: finishing what was begun, then starting, then looking around. */
export type Priority = 'finish' | 'start' | 'browse'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Default `browse`. */
    priority?: Priority
  }
  interface FastifyRequest {
    /** True when the request was refused because of overload. */
    shed: boolean
  }
}

/** The share of the limit that each priority may fill, so that browsing is shed first. */
const shares: Record<Priority, number> = { finish: 1, start: 0.9, browse: 0.75 }

/**
 * Sheds what cannot be served in time: an adaptive limit on requests in flight first, under-pressure as the backstop behind it.
 * A refused request is answered 503 with a jittered Retry-After before its body is read.
 */
export async function relievePressure(server: FastifyInstance, config: BaseConfig, metrics: Metrics): Promise<ConcurrencyLimit> {
  const limit = new ConcurrencyLimit({ max: config.CONCURRENCY_LIMIT_MAX })
  const { traffic } = metrics
  gauge(metrics.registry, 'http_server_concurrency_limit', 'Requests that may be in flight now.', () => limit.limit)
  server.decorateRequest('shed', false)
  server.addHook('onRequest', (request, _reply, done) => {
    const { priority = 'browse' } = request.routeOptions.config
    if (traffic.active <= Math.max(1, limit.limit * shares[priority])) return done()
    request.shed = true
    traffic.shed++
    limit.refused()
    done(problems.overloaded('too many requests in flight', { retryAfterS: 1 }))
  })
  server.addHook('onResponse', (request, reply, done) => {
    if (!request.shed) limit.observe(reply.elapsedTime, traffic.active + 1)
    done()
  })
  await server.register(underPressure, {
    eventLoopUtilizationMode: 'interval',
    maxEventLoopDelay: config.PRESSURE_MAX_EVENT_LOOP_DELAY_MS,
    maxEventLoopUtilization: config.PRESSURE_MAX_EVENT_LOOP_UTILIZATION,
    sampleInterval: 1000,
    pressureHandler: (request, _reply, type) => {
      request.shed = true
      traffic.shed++
      throw problems.overloaded(`process under pressure: ${type}`, { retryAfterS: 2 })
    },
  })
  return limit
}
