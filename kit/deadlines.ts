import { performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import { announcesBody } from './bodies.ts'
import type { BaseConfig } from './config.ts'
import { problems } from './errors.ts'
import type { Stage } from './exchange.ts'

/** How many milliseconds the caller will still wait. A span, not a clock time: clocks of two machines differ. */
export const deadlineHeader = 'x-request-timeout-ms'

declare module 'fastify' {
  interface FastifyRequest {
    /** When the caller stops waiting, on the clock of `performance.now()`. */
    readonly deadlineAt: number
    /**
     * Aborted at the deadline or when the client leaves. Not Fastify's `signal`, which is aborted as soon as a body was read,
     * just as its handlerTimeout is cleared then.
     */
    readonly deadlineSignal: AbortSignal
  }
}

/** What a call made for a request, or for a background job, needs to know. A FastifyRequest is one. */
export interface CallContext {
  readonly traceparent: string
  /** On the clock of `performance.now()`. */
  readonly deadlineAt: number
}

/**
 * Gives each request its deadline: HANDLER_TIMEOUT_MS, or sooner if the caller says so. Work whose deadline has passed is not started,
 * and a handler that is not done in time is answered for within 50 ms of it: one sweep over all requests costs less than a timer for each.
 */
export function keepDeadlines(server: FastifyInstance, config: BaseConfig): Stage {
  const allowedMs = config.HANDLER_TIMEOUT_MS
  server.decorateRequest('deadlineAt', {
    getter() {
      return this.exchange.deadlineAt
    },
  })
  server.decorateRequest('deadlineSignal', {
    getter() {
      return this.exchange.signal
    },
  })
  return {
    arrive(exchange) {
      const given = exchange.request.headers[deadlineHeader]
      exchange.deadlineAt = exchange.arrivedAt + allowedMs
      if (given === undefined) return
      if (!milliseconds.test(String(given)))
        return problems.validation_failed(`headers/${deadlineHeader} must be a whole number of milliseconds`)
      const remainingMs = Number(given)
      exchange.hurried = remainingMs < allowedMs
      if (exchange.hurried) exchange.deadlineAt = exchange.arrivedAt + remainingMs
      if (remainingMs <= 0) return problems.deadline_exceeded('the caller no longer waits', { retryAfterS: 1 })
    },
    begin({ deadlineAt }) {
      if (performance.now() >= deadlineAt) return problems.deadline_exceeded('the body came too late', { retryAfterS: 1 })
    },
    sweep(exchange, nowMs) {
      if (nowMs < exchange.deadlineAt) return
      exchange.abort()
      if (exchange.reply.sent || exchange.abandoned) return
      if (exchange.reply.raw.headersSent) return void exchange.reply.raw.destroy()
      // Whoever still sends a body cannot use the connection for anything else, and may never finish: it ends with this reply.
      if (announcesBody(exchange.request) && !exchange.request.raw.complete) exchange.reply.header('connection', 'close')
      exchange.reply.send(problems.deadline_exceeded(undefined, { retryAfterS: 1 }))
    },
  }
}

const milliseconds = /^-?\d{1,12}$/
