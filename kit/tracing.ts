import { randomUUID } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import type { FastifyInstance } from 'fastify'

declare module 'fastify' {
  interface FastifyRequest {
    /** W3C traceparent of this request: the caller's, or a new one. Pass it on with every call made for the request. */
    readonly traceparent: string
  }
}

/** https://www.w3.org/TR/trace-context/#traceparent-header, version 00; all-zero ids are invalid. */
const valid = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/

/** A new traceparent that starts a trace, not sampled by anybody yet. UUIDs come from entropy that Node reads ahead; randomBytes would ask the kernel for each. */
export function newTraceparent(): string {
  const ids = `${randomUUID()}${randomUUID()}`.replaceAll('-', '')
  return `00-${ids.slice(0, 32)}-${ids.slice(32, 48)}-00`
}

/** The caller's traceparent; a missing or malformed one is replaced by a new one. */
export function traceparentOf({ traceparent }: IncomingHttpHeaders): string {
  return typeof traceparent === 'string' && valid.test(traceparent) ? traceparent : newTraceparent()
}

/** The 32 hexadecimal digits that all parts of one trace share. */
export function traceId(traceparent: string): string {
  return traceparent.slice(3, 35)
}

/** Gives each request its traceparent, computed only when somebody asks. */
export function traceRequests(server: FastifyInstance): void {
  server.decorateRequest('traceparent', {
    getter() {
      return this.exchange.traceparent
    },
  })
}
