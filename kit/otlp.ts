/** One finished span, as kit records it. Times are milliseconds of Unix time. */
export interface SpanRecord {
  /** 32 and 16 hexadecimal digits. */
  traceId: string
  spanId: string
  parentSpanId: string | undefined
  name: string
  kind: SpanKind
  startMs: number
  endMs: number
  attributes: Attributes
  /** Why it failed, `''` when nothing says why; undefined when it did not fail. */
  error: string | undefined
}

export type Attributes = Record<string, string | number | undefined>

/** https://opentelemetry.io/docs/specs/otlp/#otlphttp: span kinds and status codes travel as numbers. */
export const spanKinds = { internal: 1, server: 2, client: 3 } as const
export type SpanKind = keyof typeof spanKinds
const statusError = 2
const flagSampled = 1
/** Longest text of an attribute; the rest of it is left out. */
const textMax = 256

/** The body of `POST /v1/traces` for spans of one process. */
export function encodeSpans(resource: Attributes, spans: readonly SpanRecord[]): string {
  return JSON.stringify({
    resourceSpans: [
      {
        resource: { attributes: encodeAttributes(resource) },
        scopeSpans: [{ scope: { name: '@headroom/kit' }, spans: spans.map(encode) }],
      },
    ],
  })
}

function encode({ traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, error }: SpanRecord): object {
  return {
    traceId,
    spanId,
    parentSpanId,
    flags: flagSampled,
    name,
    kind: spanKinds[kind],
    startTimeUnixNano: nanoseconds(startMs),
    endTimeUnixNano: nanoseconds(Math.max(startMs, endMs)),
    attributes: encodeAttributes(attributes),
    status: error === undefined ? {} : { code: statusError, ...(error === '' ? undefined : { message: error.slice(0, textMax) }) },
  }
}

/** Nanoseconds since 1970 need more digits than a number has; to the microsecond it has enough. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms * 1000)}000`
}

function encodeAttributes(attributes: Attributes): object[] {
  return Object.entries(attributes).flatMap(([key, value]) => {
    if (value === undefined) return []
    return { key, value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value.slice(0, textMax) } }
  })
}

/**
 * Reads OTEL_RESOURCE_ATTRIBUTES: `key=value,key=value`, values percent-encoded.
 * A value whose encoding is broken is taken as it is.
 */
export function parseResourceAttributes(text: string): Record<string, string> {
  const pairs = text.split(',').flatMap((pair) => {
    const at = pair.indexOf('=')
    return at > 0 ? [[pair.slice(0, at).trim(), decode(pair.slice(at + 1).trim())]] : []
  })
  return Object.fromEntries(pairs)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
