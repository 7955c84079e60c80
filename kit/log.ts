import type { IncomingMessage } from 'node:http'
import { hostname } from 'node:os'
import type { FastifyBaseLogger, FastifyInstance } from 'fastify'
import { type Logger, pino } from 'pino'
import type { BaseConfig } from './config.ts'
import { traceId, traceparentOf } from './tracing.ts'

/** Never printed, wherever they turn up in a logged object. */
const secrets = ['authorization', 'cookie', 'password', 'PGPASSWORD', 'card', 'token']
const redact = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`])

/** The logger of one service: JSON lines, or readable ones when standard output is a terminal. */
export async function createLogger(name: string, config: BaseConfig): Promise<Logger> {
  const options = {
    level: config.LOG_LEVEL,
    base: { service: name, pod: config.POD_NAME || hostname() },
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: redact, censor: '(hidden)' },
  }
  if (!process.stdout.isTTY) return pino(options)
  const { default: pretty } = await import('pino-pretty')
  return pino(options, pretty({ ignore: 'pid,hostname,service,pod', singleLine: true, sync: true }))
}

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace'

/** A request's logger: becomes a real child, with the trace id, only when a line is written. Most requests write none. */
class RequestLogger {
  readonly #parent: FastifyBaseLogger
  readonly #raw: IncomingMessage
  #child: FastifyBaseLogger | undefined

  constructor(parent: FastifyBaseLogger, raw: IncomingMessage) {
    this.#parent = parent
    this.#raw = raw
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
  child(...args: Parameters<FastifyBaseLogger['child']>) {
    return this.#real().child(...args)
  }

  #real(): FastifyBaseLogger {
    this.#child ??= this.#parent.child({ trace_id: traceId(traceparentOf(this.#raw.headers)) })
    return this.#child
  }

  #write(level: Level, args: unknown[]): void {
    const log = this.#real()
    Reflect.apply(log[level], log, args)
  }
}

/** For Fastify's `childLoggerFactory`. */
export function requestLogger(parent: FastifyBaseLogger, raw: IncomingMessage): FastifyBaseLogger {
  return new RequestLogger(parent, raw)
}

/** One line per request: always for a server error, for the rest by LOG_SAMPLE_RATIO. */
export function logRequests(server: FastifyInstance, config: BaseConfig): void {
  const ratio = config.LOG_SAMPLE_RATIO
  server.addHook('onResponse', (request, reply, done) => {
    const failed = reply.statusCode >= 500 && !request.shed
    if (failed || Math.random() < ratio) {
      const line = {
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        durationMs: Math.round(reply.elapsedTime * 10) / 10,
      }
      if (failed) request.log.warn(line, 'request failed')
      else request.log.info(line, 'request')
    }
    done()
  })
}
