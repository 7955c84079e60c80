import type { ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, preValidationHookHandler } from 'fastify'
import { STATUS_CODES } from './parts.ts'
import { Type } from './schema.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Codes this route answers beside those any route may; for its OpenAPI document, nothing reads them at run time. */
    problems?: readonly string[]
  }
}

/** The problem document of RFC 9457 (https://www.rfc-editor.org/rfc/rfc9457) with a stable `code`; every error reply has this shape. */
export const ProblemSchema = Type.Object(
  {
    type: Type.String(),
    title: Type.String(),
    status: Type.Integer(),
    code: Type.String(),
    detail: Type.Optional(Type.String()),
    instance: Type.Optional(Type.String()),
    errors: Type.Optional(Type.Array(Type.Object({ path: Type.String(), message: Type.String() }))),
  },
  { title: 'Problem', additionalProperties: false },
)

/** An error with a documented status and code; thrown anywhere, answered as a problem document. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly title: string
  readonly detail: string | undefined
  /** Seconds until a retry makes sense; becomes a jittered Retry-After. */
  readonly retryAfterS: number | undefined
  readonly errors: { path: string; message: string }[] | undefined

  constructor(entry: { code: string; status: number; title: string }, options: ProblemOptions = {}) {
    super(options.detail ?? entry.title, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'Problem'
    this.code = entry.code
    this.status = entry.status
    this.title = entry.title
    this.detail = options.detail
    this.retryAfterS = options.retryAfterS
    this.errors = options.errors
  }
}

interface ProblemOptions {
  detail?: string
  retryAfterS?: number
  errors?: { path: string; message: string }[]
  cause?: unknown
}

type Factory = (detail?: string, options?: Omit<ProblemOptions, 'detail'>) => Problem

/**
 * Turns a catalogue of codes into functions that make a `Problem` each: `throw problems.sold_out('only 2 left')`.
 * @param catalogue [status, title] by code
 */
export function defineProblems<K extends string>(catalogue: Record<K, readonly [status: number, title: string]>): Record<K, Factory> {
  const entries = Object.entries<readonly [number, string]>(catalogue).map(([code, [status, title]]): [string, Factory] => [
    code,
    (detail, options) => new Problem({ code, status, title }, { ...options, detail }),
  ])
  return Object.fromEntries(entries) as Record<K, Factory>
}

/** Codes that any service may answer; each service adds its own in lib/problems.ts. All are listed in docs/errors.md. */
export const catalogue = {
  validation_failed: [400, 'The request does not match its schema'],
  malformed_request: [400, 'The request cannot be read'],
  route_not_found: [404, 'No such route'],
  method_not_allowed: [405, 'The route exists, with other methods'],
  request_timeout: [408, 'The request did not arrive in time'],
  body_too_large: [413, 'The body exceeds the limit'],
  uri_too_long: [414, 'A path parameter exceeds the limit'],
  unsupported_media_type: [415, 'The content type is not supported'],
  headers_too_large: [431, 'The header fields exceed the limit'],
  rate_limited: [429, 'Too many requests from this client'],
  internal_error: [500, 'Something went wrong here'],
  overloaded: [503, 'Too busy to take this request now'],
  deadline_exceeded: [503, 'The time allowed for this request has passed'],
  dependency_unavailable: [503, 'A service this one needs does not answer'],
  database_unavailable: [503, 'The database does not answer'],
} as const satisfies Record<string, readonly [number, string]>

export const problems = defineProblems(catalogue)

const byFastifyCode: Record<string, keyof typeof catalogue> = {
  FST_ERR_VALIDATION: 'validation_failed',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_MAX_PARAM_LENGTH: 'uri_too_long',
  FST_ERR_BAD_URL: 'malformed_request',
  FST_ERR_HANDLER_TIMEOUT: 'deadline_exceeded',
  FST_UNDER_PRESSURE: 'overloaded',
}

/** Any error as a Problem: known ones by their code, other client errors as malformed_request, the rest as internal_error without detail. */
export function toProblem(error: unknown): Problem {
  if (error instanceof Problem) return error
  const { code = '', statusCode = 500, validation, validationContext, message } = error as FastifyError
  if (validation) {
    const errors = validation.map((v) => ({ path: pointer(validationContext, v), message: v.message ?? 'is not valid' }))
    return problems.validation_failed(errors.map((e) => `${e.path} ${e.message}`).join('; '), { errors })
  }
  const known = byFastifyCode[code]
  if (known) return problems[known](undefined, { retryAfterS: catalogue[known][0] === 503 ? 1 : undefined, cause: error })
  if (statusCode >= 400 && statusCode < 500)
    return problems.malformed_request(code.startsWith('FST_') ? message : undefined, { cause: error })
  return problems.internal_error(undefined, { cause: error })
}

function pointer(context: string | undefined, error: { instancePath: string; params: Record<string, unknown> }): string {
  const name = error.params.missingProperty ?? error.params.additionalProperty
  return `${context ?? 'body'}${error.instancePath}${name === undefined ? '' : `/${name}`}`
}

/** Spreads retries over [s, 2s) so that clients refused together do not come back together; whole seconds, as RFC 9110 wants. */
export function jitteredRetryAfterS(seconds: number): number {
  return Math.max(1, Math.round(seconds * (1 + Math.random())))
}

/** The reply's body, with the fields RFC 9457 names. */
export function problemBody(problem: Problem, instance?: string) {
  return {
    type: `urn:headroom:problem:${problem.code}`,
    title: problem.title,
    status: problem.status,
    code: problem.code,
    detail: problem.detail,
    instance,
    errors: problem.errors,
  }
}

function send(problem: Problem, request: FastifyRequest, reply: FastifyReply) {
  // What is refused before there is a route has no exchange.
  if (problem.code === 'overloaded' && request.exchange) request.exchange.shedBehind = true
  if (problem.retryAfterS !== undefined) reply.header('retry-after', jitteredRetryAfterS(problem.retryAfterS))
  const path = request.url.split('?', 1)[0]
  return reply.code(problem.status).type('application/problem+json').serializer(JSON.stringify).send(problemBody(problem, path))
}

/** Answers what Fastify refuses before there is a route: a URL that cannot be decoded, a path parameter that is too long. For the option `frameworkErrors`. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  send(toProblem(error), request, reply)
}

/** Answers what is no HTTP request at all, or did not arrive in time, before it closes the connection. For the option `clientErrorHandler`. */
export function answerClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  const code = byParserCode[error.code ?? ''] ?? 'malformed_request'
  const problem = problems[code]()
  const body = JSON.stringify(problemBody(problem))
  // The connection may be gone, or in the middle of another reply that must not be mixed with this one.
  const { _httpMessage: reply } = socket as { _httpMessage?: ServerResponse | null }
  if (error.code !== 'ECONNRESET' && socket.writable && !reply?.headersSent)
    socket.write(
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}\r\nContent-Type: application/problem+json\r\n` +
        `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  socket.destroySoon()
}

const byParserCode: Record<string, keyof typeof catalogue> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
  HPE_HEADER_OVERFLOW: 'headers_too_large',
}

/**
 * Answers every error of a server as a problem document. Call it before any route is added.
 * @returns the function that makes it answer unknown routes and wrong methods so too, which no hook for routes sees: they get the given ones
 */
export function answerProblems(server: FastifyInstance): (preValidation?: preValidationHookHandler[]) => void {
  const routes: { method: string; pattern: RegExp }[] = []
  server.addHook('onRoute', ({ method, url }) => {
    const pattern = new RegExp(`^${url.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:[^/]+/g, '[^/]+')}/?$`)
    for (const name of [method].flat()) routes.push({ method: name, pattern })
  })
  server.setErrorHandler((error, request, reply) => {
    const problem = toProblem(error)
    if (problem.code === 'internal_error') request.log.error({ err: error }, 'unexpected error')
    return send(problem, request, reply)
  })
  const answerUnknown = (request: FastifyRequest, reply: FastifyReply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const allowed = routes.filter((route) => route.pattern.test(path)).map((route) => route.method)
    if (allowed.length === 0) return send(problems.route_not_found(), request, reply)
    reply.header('allow', [...new Set(allowed)].join(', '))
    return send(problems.method_not_allowed(), request, reply)
  }
  return (preValidation = []) => void server.setNotFoundHandler({ preValidation }, answerUnknown)
}
