import { createRequire } from 'node:module'
import { hostname } from 'node:os'
import { performance } from 'node:perf_hooks'
import { type BaseConfig, ConfigError } from './config.ts'
import type { Exchange, Stage } from './exchange.ts'
import { count, type Metrics } from './metrics.ts'
import { type Attributes, parseResourceAttributes, type SpanKind } from './otlp.ts'
import { SpanExporter } from './span-exporter.ts'
import { givenTraceparent, isSampled, newTraceparent, type Span, type Tracer, traceId, withSpanId } from './tracing.ts'

export interface TracerOptions {
  exporter: Pick<SpanExporter, 'add'>
  /** Share of new traces that are sampled. */
  ratio: number
}

/** Difference of the two clocks that is taken for a step of the wall clock. */
const clockStepMs = 20

/**
 * Makes spans for requests, calls and background work. Loaded only where spans are exported: everything else in kit knows `Tracer` as a type.
 * The traceparent of a request or job names its own span, so whoever passes it on names the parent without knowing of spans.
 */
export class SpanTracer implements Tracer {
  readonly #exporter: Pick<SpanExporter, 'add'>
  readonly #ratio: number
  #unixMsAtZero = performance.timeOrigin

  constructor({ exporter, ratio }: TracerOptions) {
    this.#exporter = exporter
    this.#ratio = ratio
  }

  root(name: string, attributes: Attributes = {}): Span {
    const traceparent = newTraceparent(this.#samplesNew())
    const startedAt = performance.now()
    return {
      traceparent,
      end: (error) => {
        if (isSampled(traceparent)) this.#record({ name, kind: 'internal', traceparent, startedAt, attributes, error: errorOf(error) })
      },
    }
  }

  call(parent: string, peer: string, { method, url, resendCount }: { method: string; url: string; resendCount: number }): Span | undefined {
    if (!isSampled(parent)) return undefined
    const traceparent = withSpanId(parent, newSpanId())
    const startedAt = performance.now()
    return {
      traceparent,
      end: (error, status) => {
        const attributes = {
          'peer.service': peer,
          'http.request.method': method,
          'url.full': url,
          'http.response.status_code': status,
          'http.request.resend_count': resendCount || undefined,
          'error.type': error === undefined ? failedStatus(status, 400) : typeOf(error),
        }
        const why = error === undefined ? (attributes['error.type'] === undefined ? undefined : '') : errorOf(error)
        this.#record({ name: `${method} ${peer}`, kind: 'client', traceparent, parent, startedAt, attributes, error: why })
      },
    }
  }

  /** Gives each sampled request a span of its own, from its headers until its reply has left. */
  stage(): Stage {
    return {
      arrive: (exchange) => {
        const given = givenTraceparent(exchange.request.headers)
        if (given === undefined && this.#samplesNew()) exchange.traceparent = newTraceparent(true)
        else if (given !== undefined && isSampled(given)) exchange.traceparent = withSpanId(given, newSpanId())
        return undefined
      },
      leave: (exchange, durationMs) => {
        if (exchange.sampled) this.#recordRequest(exchange, durationMs)
      },
    }
  }

  #samplesNew(): boolean {
    return Math.random() < this.#ratio
  }

  #recordRequest({ request, route, status, traceparent, arrivedAt }: Exchange, durationMs: number): void {
    const { method, url } = request
    const [path] = url.split('?', 1)
    const failure = failedStatus(status, 500)
    this.#record({
      name: route.url === undefined ? method : `${method} ${route.url}`,
      kind: 'server',
      traceparent,
      parent: givenTraceparent(request.headers),
      startedAt: arrivedAt,
      endedAt: arrivedAt + durationMs,
      attributes: {
        'http.request.method': method,
        'http.route': route.url,
        'http.response.status_code': status,
        'url.path': path,
        'error.type': failure,
      },
      error: failure === undefined ? undefined : '',
    })
  }

  #record({ traceparent, parent, startedAt, endedAt = performance.now(), ...span }: Ended): void {
    this.#exporter.add({
      ...span,
      traceId: traceId(traceparent),
      spanId: spanIdOf(traceparent),
      parentSpanId: parent && spanIdOf(parent),
      startMs: this.#unixMs(startedAt),
      endMs: this.#unixMs(endedAt),
    })
  }

  /** The exact clock since the start, led back to the wall clock when that was set or the two have drifted apart. */
  #unixMs(at: number): number {
    const offsetMs = Date.now() - performance.now()
    if (Math.abs(offsetMs - this.#unixMsAtZero) > clockStepMs) this.#unixMsAtZero = offsetMs
    return this.#unixMsAtZero + at
  }
}

interface Ended {
  name: string
  kind: SpanKind
  traceparent: string
  parent?: string
  /** These two on the clock of `performance.now()`. */
  startedAt: number
  endedAt?: number
  attributes: Attributes
  error: string | undefined
}

/**
 * The tracer of one service with its exporter and their metrics.
 * @returns the tracer, and a function that sends what waits within so many milliseconds
 * @throws ConfigError when the endpoint is no URL
 */
export function createTracer(
  name: string,
  config: BaseConfig,
  { registry }: Metrics,
  onHealth: (error: Error | undefined) => void,
): { tracer: SpanTracer; close: (graceMs: number) => Promise<void> } {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (!URL.canParse(endpoint))
    throw new ConfigError([`OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http://collector:4318; it is ${JSON.stringify(endpoint)}`])
  const exporter = new SpanExporter({ endpoint, resource: resourceOf(name, config), onHealth })
  count(
    registry,
    'otel_spans_exported_total',
    'Spans that the OTLP receiver took; only with OTEL_EXPORTER_OTLP_ENDPOINT.',
    () => exporter.exported,
  )
  count(
    registry,
    'otel_spans_dropped_total',
    'Spans that were not exported: the queue was full, or the OTLP receiver did not take them; only with OTEL_EXPORTER_OTLP_ENDPOINT.',
    () => exporter.dropped,
  )
  const tracer = new SpanTracer({ exporter, ratio: config.OTEL_TRACES_SAMPLER_ARG })
  return { tracer, close: (graceMs) => exporter.close(graceMs) }
}

function resourceOf(name: string, config: BaseConfig): Attributes {
  const { version } = createRequire(import.meta.url)('./package.json') as { version: string }
  return {
    'service.version': version,
    'service.instance.id': config.POD_NAME || hostname(),
    ...parseResourceAttributes(config.OTEL_RESOURCE_ATTRIBUTES),
    // OTEL_SERVICE_NAME takes precedence over a service.name among the attributes.
    'service.name': config.OTEL_SERVICE_NAME || `headroom-${name}`,
  }
}

function newSpanId(): string {
  return newTraceparent(true).slice(36, 52)
}

function spanIdOf(traceparent: string): string {
  return traceparent.slice(36, 52)
}

/** `error.type` of an answer, by https://opentelemetry.io/docs/specs/semconv/http/http-spans/#status: its status from `from` on. */
function failedStatus(status: number | undefined, from: number): string | undefined {
  return status !== undefined && status >= from ? String(status) : undefined
}

function typeOf(error: unknown): string {
  const { code, name } = error as NodeJS.ErrnoException
  return code ?? name ?? 'Error'
}

function errorOf(error: unknown): string | undefined {
  return error === undefined ? undefined : String((error as Error).message ?? error)
}
