import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

interface Teardown {
  teardown(close: () => Promise<void> | void): unknown
}

/** A span as it arrived, with its resource and attributes as plain objects. */
export interface ReceivedSpan {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startMs: number
  endMs: number
  attributes: Record<string, string>
  status: { code?: number; message?: string }
  resource: Record<string, string>
}

type KeyValues = { key: string; value: { stringValue?: string; intValue?: string } }[]

/** A span as OTLP writes it. */
interface SentSpan extends Omit<ReceivedSpan, 'startMs' | 'endMs' | 'attributes' | 'resource'> {
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: KeyValues
}

interface Body {
  resourceSpans: { resource: { attributes: KeyValues }; scopeSpans: { spans: SentSpan[] }[] }[]
}

/** A small OTLP/HTTP receiver: what it got so far, and how it answers. */
export interface OtlpReceiver {
  url: string
  spans: ReceivedSpan[]
  /** Spans of each batch. */
  batches: number[]
  /** Status and body of the next answers; a status of 0 never answers. */
  answer: { status: number; body?: object }
  /** Resolves once `holds` is true of what has arrived. @throws Error after `timeoutMs`, with the names of what did */
  until(holds: (spans: ReceivedSpan[]) => boolean, timeoutMs?: number): Promise<void>
  close(): Promise<void>
}

export async function startOtlpReceiver(t: Teardown): Promise<OtlpReceiver> {
  const wakers = new Set<() => void>()
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const { status, body } = receiver.answer
    if (request.method !== 'POST' || request.url !== '/v1/traces') return void response.writeHead(404).end()
    const spans = spansOf(JSON.parse(text))
    receiver.batches.push(spans.length)
    if (status === 200) receiver.spans.push(...spans)
    for (const wake of wakers) wake()
    if (status !== 0) response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: OtlpReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spans: [],
    batches: [],
    answer: { status: 200 },
    until: async (holds, timeoutMs = 10_000) => {
      const giveUp = AbortSignal.timeout(timeoutMs)
      while (!holds(receiver.spans)) {
        await new Promise<void>((resolve, reject) => {
          const wake = () => {
            wakers.delete(wake)
            resolve()
          }
          wakers.add(wake)
          const names = () => receiver.spans.map(({ resource, name }) => `${resource['service.name']}: ${name}`).join(', ')
          giveUp.addEventListener('abort', () => reject(new Error(`not within ${timeoutMs} ms: ${holds}; there is ${names()}`)))
        })
      }
    },
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  t.teardown(() => receiver.close())
  return receiver
}

function spansOf({ resourceSpans }: Body): ReceivedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) =>
    scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        ...span,
        startMs: Number(span.startTimeUnixNano) / 1e6,
        endMs: Number(span.endTimeUnixNano) / 1e6,
        attributes: plain(span.attributes),
        resource: plain(resource.attributes),
      })),
    ),
  )
}

function plain(attributes: KeyValues): Record<string, string> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue ?? '']))
}
