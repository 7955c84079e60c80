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

/** A span under way. */
export interface Span {
  /** Names this span as the parent of what is done for it. */
  readonly traceparent: string
  /**
   * @param error what it failed with, if it did
   * @param status of the answer to a call
   */
  end(error?: unknown, status?: number): void
}

/** Makes spans (kit/tracer.ts); there is none unless spans are exported. */
export interface Tracer {
  /** Begins background work: a trace of its own. */
  root(name: string, attributes?: Record<string, string>): Span
  /** Begins a call to a peer; undefined when the trace of `parent` is not sampled. */
  call(parent: string, peer: string, call: { method: string; url: string; resendCount: number }): Span | undefined
}

/**
 * A new traceparent that starts a trace. UUIDs come from entropy that Node reads ahead; randomBytes would ask the kernel for each. The first span's
 * id need only be unlike the others of its trace: half of the trace's own will do, and is never all zeros, as a UUID has its variant there.
 */
export function newTraceparent(sampled = false): string {
  const id = randomUUID().replaceAll('-', '')
  return `00-${id}-${id.slice(16)}-${sampled ? '01' : '00'}`
}

/** The caller's traceparent; undefined when there is none or it is malformed. */
export function givenTraceparent({ traceparent }: IncomingHttpHeaders): string | undefined {
  return typeof traceparent === 'string' && valid.test(traceparent) ? traceparent : undefined
}

/** The caller's traceparent; a missing or malformed one is replaced by a new one. */
export function traceparentOf(headers: IncomingHttpHeaders): string {
  return givenTraceparent(headers) ?? newTraceparent()
}

/** True when whoever started the trace wants it recorded: the lowest bit of the flags. */
export function isSampled(traceparent: string): boolean {
  // In ASCII the odd hexadecimal digits are 1 3 5 7 9 b d f: odd codes, but even ones for the letters.
  const code = traceparent.charCodeAt(54)
  return code < 58 ? (code & 1) === 1 : (code & 1) === 0
}

/** The same trace with another span as the parent of what comes. */
export function withSpanId(traceparent: string, spanId: string): string {
  return `${traceparent.slice(0, 36)}${spanId}${traceparent.slice(52)}`
}

/** Runs a piece of background work, which gets the traceparent to pass on. */
export type InNewTrace = <T>(name: string, attributes: Record<string, string>, work: (traceparent: string) => Promise<T>) => Promise<T>

/** Gives background work a trace of its own, and a span where spans are exported. */
export function newTraces(tracer: Tracer | undefined): InNewTrace {
  if (tracer === undefined) return (_name, _attributes, work) => work(newTraceparent())
  return async (name, attributes, work) => await inSpan(tracer.root(name, attributes), work)
}

async function inSpan<T>(span: Span, work: (traceparent: string) => Promise<T>): Promise<T> {
  try {
    const result = await work(span.traceparent)
    span.end()
    return result
  } catch (error) {
    span.end(error)
    throw error
  }
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
