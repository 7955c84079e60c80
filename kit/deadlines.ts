import { performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import type { BaseConfig } from './config.ts'
import { problems } from './errors.ts'

/** How many milliseconds the caller will still wait. A span, not a clock time: clocks of two machines differ. */
export const deadlineHeader = 'x-request-timeout-ms'

declare module 'fastify' {
  interface FastifyRequest {
    /** When the caller stops waiting, on the clock of `performance.now()`. */
    deadlineAt: number
  }
}

/** What a call made for a request, or for a background job, needs to know. A FastifyRequest is one. */
export interface CallContext {
  readonly traceparent: string
  /** On the clock of `performance.now()`. */
  readonly deadlineAt: number
}

/** Gives each request its deadline and refuses work whose deadline has passed before it starts. */
export function keepDeadlines(server: FastifyInstance, config: BaseConfig): void {
  const allowedMs = config.HANDLER_TIMEOUT_MS
  server.decorateRequest('deadlineAt', 0)
  server.addHook('onRequest', (request, _reply, done) => {
    const given = request.headers[deadlineHeader]
    if (given === undefined) {
      request.deadlineAt = performance.now() + allowedMs
      return done()
    }
    const remainingMs = Number(given)
    if (!Number.isFinite(remainingMs)) return done(problems.validation_failed(`headers/${deadlineHeader} must be a number of milliseconds`))
    if (remainingMs <= 0) return done(problems.deadline_exceeded('the caller no longer waits', { retryAfterS: 1 }))
    request.deadlineAt = performance.now() + Math.min(remainingMs, allowedMs)
    done()
  })
}
