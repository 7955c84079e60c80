import { performance } from 'node:perf_hooks'
import type { FastifyInstance, FastifyReply, FastifyRequest, preValidationHookHandler } from 'fastify'
import { awaitsBody, readsBody } from './bodies.ts'
import { type Problem, problems } from './errors.ts'
import { OpenExchanges } from './open-exchanges.ts'
import { isSampled, traceparentOf } from './tracing.ts'

declare module 'fastify' {
  interface FastifyRequest {
    exchange: Exchange
  }
}

/** Who cannot be done in time may say so this long before the deadline, so that the answer arrives. */
const answerMarginMs = 250

/** One request and its reply, from its headers until the reply has left or nobody works on it any more. */
export class Exchange {
  readonly request: FastifyRequest
  readonly reply: FastifyReply
  readonly route: FastifyRequest['routeOptions']
  /** These two on the clock of `performance.now()`. */
  readonly arrivedAt: number
  deadlineAt = Number.POSITIVE_INFINITY
  /** The deadline is the caller's own, sooner than the service's. */
  hurried = false
  /** Refused because of overload. */
  shed = false
  /** Let in, and then refused because what it needs is overloaded: a pool, a queue, a service behind this one. */
  shedBehind = false
  /** The turn of the event loop in which work on it began. */
  turn: number | undefined = undefined
  /** The client left before the whole reply had. */
  abandoned = false
  /** Its place among the open ones. */
  open = false
  older: Exchange | undefined = undefined
  newer: Exchange | undefined = undefined
  #controller: AbortController | undefined
  #traceparent: string | undefined

  constructor(request: FastifyRequest, reply: FastifyReply, arrivedAt: number) {
    this.request = request
    this.reply = reply
    this.route = request.routeOptions
    this.arrivedAt = arrivedAt
  }

  /**
   * The reply's status; 499, as nginx logs it, when the client left first, or got a 503 because the time was up that it allowed itself: what
   * a caller asks for must not count as a failure of who is asked.
   */
  get status(): number {
    if (this.abandoned) return 499
    const { statusCode } = this.reply.raw
    const late = statusCode === 503 && this.hurried && !this.shed && performance.now() > this.deadlineAt - answerMarginMs
    return late ? 499 : statusCode
  }

  /** The caller's traceparent, or a new one if anybody asks; the same every time. */
  get traceparent(): string {
    this.#traceparent ??= traceparentOf(this.request.headers)
    return this.#traceparent
  }

  /** Replaced on arrival, where the request has a span of its own. */
  set traceparent(traceparent: string) {
    this.#traceparent = traceparent
  }

  /** Whether the trace is to be recorded: said by whoever started it, so not by a traceparent that nobody has given. */
  get sampled(): boolean {
    const claimed = this.#traceparent ?? this.request.headers.traceparent
    // The flag first: most requests have it unset, and need no look at the rest.
    return typeof claimed === 'string' && isSampled(claimed) && isSampled(this.traceparent)
  }

  /** Aborted when the deadline passes or the client leaves; made only for a handler that asks. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.abandoned || performance.now() >= this.deadlineAt) this.abort()
    }
    return this.#controller.signal
  }

  abort(): void {
    this.#controller?.abort(problems.deadline_exceeded(this.abandoned ? 'the client left' : undefined))
  }
}

/** What one subject (metrics, limits, logs) does with every request. All stages share one hook, one clock reading and one listener: each of those has a price. */
export interface Stage {
  /** When the headers are here. A problem is the answer, and later stages do not see the arrival. */
  arrive?(exchange: Exchange): Problem | undefined | Promise<Problem | undefined>
  /** When the body is here, on routes that may have one. */
  begin?(exchange: Exchange): Problem | undefined
  /** Before the handler, once nothing of the request is still on its way: calls `proceed` now or later, with a problem to refuse it. */
  enter?(exchange: Exchange, proceed: (problem?: Problem) => void): void
  /** Every 50 ms while the exchange is open. */
  sweep?(exchange: Exchange, nowMs: number): void
  /** At the end of every exchange, refused or not. */
  leave?(exchange: Exchange, durationMs: number): void
}

const sweepIntervalMs = 50
/** Work for a client that left is not waited for longer than this beyond its deadline. */
const abandonedGraceMs = 1000

/**
 * Leads every request of a server through the stages, in their order.
 * @returns the hook that goes on once the body is here; every route that reads one has it, and the handler of what is no route must be given it
 */
export function followRequests(server: FastifyInstance, stages: Stage[]): preValidationHookHandler {
  const open = new OpenExchanges()
  const arrivals = stages.flatMap(({ arrive }) => arrive ?? [])
  const prepare = stages.find((stage) => stage.begin)?.begin
  const enter = stages.find((stage) => stage.enter)?.enter ?? ((_exchange, proceed) => proceed())
  const sweeps = stages.flatMap(({ sweep }) => sweep ?? [])
  const ends = stages.flatMap(({ leave }) => leave ?? [])

  function leave(exchange: Exchange): void {
    if (!open.delete(exchange)) return
    const durationMs = performance.now() - exchange.arrivedAt
    for (const end of ends) end(exchange, durationMs)
  }

  function arrived(exchange: Exchange, problem: Problem | undefined, done: (problem?: Problem) => void): void {
    if (problem !== undefined || awaitsBody(exchange.request)) done(problem)
    else begin(exchange, done)
  }

  function begin(exchange: Exchange, done: (problem?: Problem) => void): void {
    // Its client left while the body came: what has ended must not begin, it would never end again.
    if (exchange.open) enter(exchange, done)
    else done(problems.deadline_exceeded())
  }

  /** A client that left does not take its work with it: what was begun stays open, and counts as in flight, until the handler has answered into the void. */
  function abandon(exchange: Exchange): void {
    exchange.abandoned = true
    exchange.abort()
    if (exchange.turn === undefined) leave(exchange)
  }

  server.decorateRequest('exchange')
  server.addHook('onRequest', (request, reply, done) => {
    const exchange = new Exchange(request, reply, performance.now())
    request.exchange = exchange
    open.add(exchange)
    sweepSoon()
    // 'close' follows every reply and every connection that breaks; Fastify's onResponse never comes for a client that left.
    reply.raw.on('close', () => (reply.raw.writableEnded ? leave(exchange) : abandon(exchange)))
    const problem = first(arrivals, exchange)
    if (problem instanceof Promise) problem.then((problem) => arrived(exchange, problem, done), done)
    else arrived(exchange, problem, done)
  })
  const whenBodyIsHere: preValidationHookHandler = ({ exchange }, _reply, done) => {
    const problem = prepare?.(exchange)
    if (problem !== undefined || exchange.turn !== undefined) done(problem)
    else begin(exchange, done)
  }
  server.addHook('onRoute', (route) => {
    if ([route.method].flat().some(readsBody)) route.preValidation = [whenBodyIsHere, ...[route.preValidation ?? []].flat()]
  })

  // Armed by the first request after an idle time: a sweep over nothing would still wake the process.
  let timer: NodeJS.Timeout | undefined
  const sweepSoon = () => {
    timer ??= setTimeout(sweep, sweepIntervalMs).unref()
  }
  const sweep = () => {
    timer = undefined
    const nowMs = performance.now()
    for (const exchange of open.list()) {
      const { abandoned, deadlineAt, reply } = exchange
      if (abandoned && (reply.raw.writableEnded || nowMs > deadlineAt + abandonedGraceMs)) leave(exchange)
      else for (const sweep of sweeps) sweep(exchange, nowMs)
    }
    if (!open.empty) sweepSoon()
  }
  server.addHook('onClose', () => clearTimeout(timer))
  return whenBodyIsHere
}

/** A promise only where a step has to wait. */
function first(steps: NonNullable<Stage['arrive']>[], exchange: Exchange, from = 0): ReturnType<NonNullable<Stage['arrive']>> {
  for (let i = from; i < steps.length; i++) {
    const problem = steps[i]?.(exchange)
    if (problem === undefined) continue
    return problem instanceof Promise ? problem.then((problem) => problem ?? first(steps, exchange, i + 1)) : problem
  }
  return undefined
}
