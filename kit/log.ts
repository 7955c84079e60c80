import { hostname } from 'node:os'
import { type LogFn, type Logger, type LoggerOptions, pino } from 'pino'
import type { BaseConfig } from './config.ts'
import type { Exchange, Stage } from './exchange.ts'
import { hideUserinfo, secretName } from './secrets.ts'
import { traceId } from './tracing.ts'

/** The logger of one service: JSON lines, or readable ones when standard output is a terminal. Secrets are hidden wherever they turn up. */
export async function createLogger(name: string, config: BaseConfig): Promise<Logger> {
  const options: LoggerOptions = {
    level: config.LOG_LEVEL,
    base: { service: name, pod: config.POD_NAME || hostname() },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }), log: (line) => hideSecrets(line) },
    serializers: { err: (error: Error) => shownError(error) },
    hooks: {
      logMethod(args, method) {
        method.apply(this, shownText(args))
      },
    },
  }
  if (!process.stdout.isTTY) return hidingChildren(pino(options))
  const { default: pretty } = await import('pino-pretty')
  return hidingChildren(pino(options, pretty({ ignore: 'pid,hostname,service,pod', singleLine: true, sync: true })))
}

/** What is said with a line, without the userinfo of URLs; an error that nothing is said with says its own message. */
function shownText(args: Parameters<LogFn>): Parameters<LogFn> {
  const [first, ...rest]: unknown[] = args
  const error = first instanceof Error ? first : isObject(first) && 'err' in first ? first.err : undefined
  const text = rest.length === 0 && error instanceof Error ? [error.message] : rest
  return [first, ...text].map((arg) => (typeof arg === 'string' ? hideUserinfo(arg) : arg)) as Parameters<LogFn>
}

/** The same logger, whose children (and theirs, which inherit this) hide the secrets of their bindings; pino's own formatter for bindings sees only the root's. */
function hidingChildren(logger: Logger): Logger {
  const { child, setBindings } = logger
  return Object.assign(logger, {
    child(this: Logger, bindings: object, ...options: []) {
      return child.call(this, hideSecrets(bindings), ...options)
    },
    setBindings(this: Logger, bindings: object) {
      setBindings.call(this, hideSecrets(bindings))
    },
  })
}

const depthMax = 4

/**
 * The same value with everything under a secret's name hidden, and the userinfo of every URL, four levels deep; pino's own redaction parses its paths for every line, 20 us each.
 * Errors become what can be read of them (JSON would show their own properties alone, secrets included), except at `err`: its serializer does that.
 */
export function hideSecrets<T extends object>(value: T, depth = 1): T {
  let copy: Record<string, unknown> | undefined
  for (const [name, inner] of Object.entries(value)) {
    const shown = secretName.test(name) ? '(hidden)' : shownValue(name, inner, depth)
    if (shown === inner) continue
    copy ??= (Array.isArray(value) ? [...value] : { ...value }) as Record<string, unknown>
    copy[name] = shown
  }
  return (copy as T | undefined) ?? value
}

function shownValue(name: string, inner: unknown, depth: number): unknown {
  if (typeof inner === 'string') return hideUserinfo(inner)
  if (!isObject(inner)) return inner
  if (inner instanceof Error) return name === 'err' && depth === 1 ? inner : shownError(inner)
  return depth < depthMax ? hideSecrets(inner, depth + 1) : inner
}

function shownError(error: Error): object {
  return hideSecrets(pino.stdSerializers.err(error))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** A request's logger: adds the trace id to the service's own when a line is written. Most requests write none, so a child for each would be waste. */
class RequestLogger {
  readonly #parent: Logger
  readonly #exchange: Exchange

  constructor(parent: Logger, exchange: Exchange) {
    this.#parent = parent
    this.#exchange = exchange
  }

  get level() {
    return this.#parent.level
  }
  fatal(...args: unknown[]) {
    this.#write('fatal', args)
  }
  error(...args: unknown[]) {
    this.#write('error', args)
  }
  warn(...args: unknown[]) {
    this.#write('warn', args)
  }
  info(...args: unknown[]) {
    this.#write('info', args)
  }
  debug(...args: unknown[]) {
    this.#write('debug', args)
  }
  trace(...args: unknown[]) {
    this.#write('trace', args)
  }
  silent() {}
  child(bindings: Record<string, unknown>) {
    return this.#parent.child({ trace_id: traceId(this.#exchange.traceparent), ...bindings })
  }

  #write(level: Level, [first, ...rest]: unknown[]): void {
    if (!this.#parent.isLevelEnabled(level)) return
    const trace_id = traceId(this.#exchange.traceparent)
    const log = this.#parent[level].bind(this.#parent) as (line: object, ...text: unknown[]) => void
    if (first instanceof Error) log({ trace_id, err: first }, ...(rest.length === 0 ? [first.message] : rest))
    else if (isObject(first)) log({ trace_id, ...first }, ...rest)
    else log({ trace_id }, first, ...rest)
  }
}

/** Lines a second for each kind: enough to see what happens, too few for a flood of errors to become a flood of logging. */
const linesPerSecondMax = 50

/** Lets some lines of each second pass and counts the rest. */
class LineBudget {
  #second = 0
  #used = 0
  #suppressed = 0

  /** @returns how many lines were suppressed since the last one that passed, or undefined when this one is suppressed too */
  take(nowMs: number): number | undefined {
    const second = Math.floor(nowMs / 1000)
    if (second !== this.#second) {
      this.#second = second
      this.#used = 0
    }
    if (this.#used++ >= linesPerSecondMax) {
      this.#suppressed++
      return undefined
    }
    const suppressed = this.#suppressed
    this.#suppressed = 0
    return suppressed
  }
}

/**
 * Gives each request its logger and writes one line per request: for every server error, for every one whose trace is sampled, so that it can
 * be followed through all services, and for the rest by LOG_SAMPLE_RATIO; at most 50 a second of each.
 * Fastify itself is told of no logger: it would check a child's methods and add two listeners for every request.
 */
export function logRequests(logger: Logger, config: BaseConfig): Stage {
  const ratio = config.LOG_SAMPLE_RATIO
  const failures = new LineBudget()
  const followed = new LineBudget()
  const samples = new LineBudget()
  return {
    arrive(exchange) {
      exchange.request.log = exchange.reply.log = new RequestLogger(logger, exchange)
      return undefined
    },
    leave(exchange, durationMs) {
      const { request, route, status, shed } = exchange
      const failed = status >= 500 && !shed
      const { sampled } = exchange
      if (!failed && !sampled && Math.random() >= ratio) return
      const suppressed = (failed ? failures : sampled ? followed : samples).take(exchange.arrivedAt + durationMs)
      if (suppressed === undefined) return
      const line = {
        trace_id: traceId(exchange.traceparent),
        method: request.method,
        route: route.url,
        status,
        durationMs: Math.round(durationMs * 10) / 10,
        suppressed: suppressed || undefined,
      }
      if (failed) logger.warn(line, 'request failed')
      else logger.info(line, 'request')
    },
  }
}
