import { performance } from 'node:perf_hooks'
import { bare } from './bare.ts'
import { type CallContext, deadlineHeader } from './deadlines.ts'
import { type Problem, problems } from './errors.ts'
import { gauge } from './metrics.ts'
import { countCalls } from './outcomes.ts'
import { PeerPool, type Reply } from './pool.ts'
import type { Server } from './service.ts'
import type { Tracer } from './tracing.ts'

/** One call to a peer. */
export interface Call {
  method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  path: string
  /** Sent as JSON. */
  body?: unknown
  /** Makes a call that is not a GET safe to send again. */
  idempotencyKey?: string
  /** Longest this call may take; the request's own deadline may be sooner. */
  timeoutMs?: number
  headers?: Record<string, string>
  /** How often the caller has sent it before; its span says so. */
  resendCount?: number
}

/** What a peer answered. Any status is an answer; only silence is an error. */
export interface Answer {
  status: number
  headers: Record<string, string | string[] | undefined>
  /** Parsed JSON, or the text of any other content type. Whoever reads it looks first whether it is what the peer documents. */
  body: unknown
}

export interface ClientOptions {
  /** Name in metrics, logs and /dependencies. */
  name: string
  /** `http://host:port` */
  url: string
  /** Longest any call may take, unless the call says less. Default 2000. */
  timeoutMs?: number
  /** Most connections to this peer. Default 64; as many calls again may wait for one. */
  connections?: number
  /** Whether a repeatable call whose connection broke is sent again once. Default true; false for a caller that budgets its own retries. */
  resend?: boolean
}

/** A pool of kept-alive connections to one peer, with limits, deadlines and trace context on every call. */
export interface Client {
  readonly name: string
  /**
   * @param context the FastifyRequest that the call is made for, or a background job's own context
   * @throws Problem dependency_unavailable (no answer; the outcome of a write is unknown unless `cause.code` is ECONNREFUSED),
   * deadline_exceeded (not sent: the time is up) or overloaded (not sent: too many calls wait)
   */
  call(context: CallContext, call: Call): Promise<Answer>
}

/** Makes the client of one peer; it closes with the server and shows up in /dependencies and the metrics. */
export function createClient(
  server: Server,
  { name, url, timeoutMs = 2000, connections = 64, resend: mayRepeat = true }: ClientOptions,
): Client {
  const pool = new PeerPool(url, connections)
  let last: { ok: boolean; detail?: string } | undefined
  const { health, metrics, tracer } = server.kit
  health.watch(name, () => (last === undefined ? { status: 'unknown' } : { status: last.ok ? 'up' : 'down', detail: last.detail }))
  gauge(metrics.registry, `http_client_${name}_pending_requests`, `Calls to ${name} that wait for a connection.`, () => pool.waiting)
  const outcomes = countCalls(metrics.registry, name)
  const send = tracer === undefined ? senderTo(pool) : spanned(tracer, name, url, senderTo(pool))
  bare(server).addHook('onClose', () => pool.close())

  // No async functions on this path: each of them would make every call wait for promises of its own.
  function call(context: CallContext, request: Call): Promise<Answer> {
    const remainingMs = timeFor(context, request)
    if (remainingMs < 1) return Promise.reject(problems.deadline_exceeded(`no time left to call ${name}`, { retryAfterS: 1 }))
    if (pool.waiting >= connections) return Promise.reject(problems.overloaded(`too many calls wait for ${name}`, { retryAfterS: 1 }))
    return send(context.traceparent, request, remainingMs).then(answered, (error) => resend(context, request, error))
  }

  function resend(context: CallContext, request: Call, error: unknown): Promise<Answer> {
    // Measured anew: the connection may have broken after the deadline, and nothing is started then.
    const leftMs = timeFor(context, request)
    if (!mayRepeat || !mayResend(error, request) || leftMs < 1) throw silent(error)
    const again = { ...request, resendCount: (request.resendCount ?? 0) + 1 }
    return send(context.traceparent, again, leftMs).then(answered, (error) => Promise.reject(silent(error)))
  }

  /** Milliseconds that a call may still take; less than one, which the deadline's header cannot say, is none. */
  function timeFor({ deadlineAt }: CallContext, call: Call): number {
    return Math.min(deadlineAt - performance.now(), call.timeoutMs ?? timeoutMs)
  }

  function answered(reply: Reply): Answer {
    let answer: Answer
    try {
      answer = read(reply)
    } catch (error) {
      // It calls itself JSON and is none: such a peer is as good as silent.
      throw silent(error)
    }
    const ok = answer.status < 500
    outcomes[ok ? 'ok' : isShed(answer) ? 'shed' : 'failed']++
    last = { ok, detail: ok ? undefined : `status ${answer.status}` }
    return answer
  }

  function silent(error: unknown): Problem {
    const detail = (error as Error).message
    last = { ok: false, detail }
    outcomes.failed++
    return problems.dependency_unavailable(`${name} does not answer`, { retryAfterS: 1, cause: error })
  }

  return { name, call }
}

const json = /^application\/(problem\+)?json/

/** @throws SyntaxError */
function read({ status, headers, text }: Reply): Answer {
  return { status, headers, body: text !== '' && json.test(String(headers['content-type'])) ? JSON.parse(text) : text }
}

function isShed({ status, body }: Answer): boolean {
  return status === 503 && codeOf(body) === 'overloaded'
}

/** The code of a problem document, if the body is one. */
export function codeOf(body: unknown): unknown {
  return typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined
}

/** A kept-alive connection may close under a request before any byte of a reply: such a request is sent again once, if repeating it is safe. */
function mayResend(error: unknown, { method, idempotencyKey }: Call): boolean {
  const { code } = error as NodeJS.ErrnoException
  return (code === 'UND_ERR_SOCKET' || code === 'ECONNRESET' || code === 'EPIPE') && (method !== 'POST' || idempotencyKey !== undefined)
}

type Send = (traceparent: string, request: Call, timeoutMs: number) => Promise<Reply>

function senderTo(pool: PeerPool): Send {
  return (traceparent, { method, path, body, idempotencyKey, headers }, timeoutMs) => {
    const sent = ['traceparent', traceparent, deadlineHeader, String(Math.floor(timeoutMs))]
    if (body !== undefined) sent.push('content-type', 'application/json')
    if (idempotencyKey !== undefined) sent.push('idempotency-key', idempotencyKey)
    if (headers !== undefined) for (const [name, value] of Object.entries(headers)) sent.push(name, value)
    return pool.send({ method, path, headers: sent, body: body === undefined ? undefined : JSON.stringify(body) }, timeoutMs)
  }
}

/** Gives each request that is sent a span, which the peer hears of as its parent. */
function spanned(tracer: Tracer, name: string, url: string, send: Send): Send {
  return (traceparent, request, timeoutMs) => {
    const { method, path, resendCount = 0 } = request
    const span = tracer.call(traceparent, name, { method, url: `${url}${path}`, resendCount })
    const sent = send(span?.traceparent ?? traceparent, request, timeoutMs)
    if (span !== undefined) sent.then(({ status }) => span.end(undefined, status), span.end)
    return sent
  }
}
