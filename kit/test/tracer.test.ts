import { performance } from 'node:perf_hooks'
import t, { type Test } from 'tap'
import { createClient } from '../client.ts'
import { problems } from '../errors.ts'
import { newTraces } from '../tracing.ts'
import { type App, listening, metric } from './helper.ts'
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from './otlp-receiver.ts'

const kinds = { internal: 1, server: 2, client: 3 }
const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const sampled = `00-${traceId}-00f067aa0ba902b7-01`
const notSampled = `00-${traceId}-00f067aa0ba902b7-00`

const tracing = (receiver: OtlpReceiver, env: Record<string, string> = {}) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, ...env })

/** The spans of a service that has answered and closed: its end sends what waits. */
async function spansOf(
  t: Test,
  app: App,
  ask: (url: string) => Promise<unknown>,
  env: Record<string, string> = {},
): Promise<ReceivedSpan[]> {
  const receiver = await startOtlpReceiver(t)
  const { service, url } = await listening(t, app, tracing(receiver, env))
  await ask(url)
  service.server.server.closeAllConnections()
  await service.close()
  return receiver.spans
}

t.test('a request is a server span with the names of the semantic conventions', async (t) => {
  const startedAt = Date.now()
  const [span, ...more] = await spansOf(
    t,
    (server) => void server.get('/things/:id', async () => 'ok'),
    (url) => fetch(`${url}/things/7?secret=1`),
    { POD_NAME: 'sample-1', OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=a%20test,service.name=other' },
  )
  t.equal(more.length, 0)
  t.match(span, { name: 'GET /things/:id', kind: kinds.server, traceId: /^[0-9a-f]{32}$/, spanId: /^[0-9a-f]{16}$/ })
  t.equal(span?.parentSpanId, undefined, 'nobody called it from a span')
  t.strictSame(span?.attributes, {
    'http.request.method': 'GET',
    'http.route': '/things/:id',
    'http.response.status_code': '200',
    'url.path': '/things/7',
  })
  t.strictSame(span?.status, {})
  t.strictSame(span?.resource, {
    'service.version': '0.1.0',
    'service.instance.id': 'sample-1',
    'deployment.environment.name': 'a test',
    'service.name': 'headroom-sample',
  })
  const { startMs = 0, endMs = 0 } = span as ReceivedSpan
  t.ok(startMs > startedAt - 50 && endMs >= startMs && endMs < Date.now() + 50, `${startMs} to ${endMs}`)
})

t.test("a caller's trace goes on: its span is the parent, and its flag decides", async (t) => {
  const seen: string[] = []
  const app: App = (server) => void server.get('/', async (request) => void seen.push(request.traceparent))
  const spans = await spansOf(t, app, async (url) => {
    for (const traceparent of [sampled, notSampled]) await fetch(url, { headers: { traceparent } })
  })
  t.equal(spans.length, 1)
  t.match(spans[0], { traceId, parentSpanId: '00f067aa0ba902b7' })
  t.equal(seen[0], `00-${traceId}-${spans[0]?.spanId}-01`, 'what the handler passes on names its span')
  t.equal(seen[1], notSampled)
})

t.test('of new traces a share is sampled', async (t) => {
  const app: App = (server) => void server.get('/', async ({ traceparent }) => traceparent.slice(-2))
  const flags: string[] = []
  const ask = async (url: string) => {
    for (let i = 0; i < 200; i++) flags.push(await (await fetch(url)).text())
  }
  const spans = await spansOf(t, app, ask, { OTEL_TRACES_SAMPLER_ARG: '0.5' })
  t.ok(spans.length > 60 && spans.length < 140, `${spans.length} of 200`)
  t.equal(flags.filter((flag) => flag === '01').length, spans.length, 'and downstream hears of it')
  t.equal((await spansOf(t, app, ask, { OTEL_TRACES_SAMPLER_ARG: '0' })).length, 0)
})

t.test('a server error is an error of the span, a refusal of the client is not', async (t) => {
  const app: App = (server) => {
    server.get('/broken', async () => Promise.reject(new Error('with a secret')))
    server.get('/busy', async () => Promise.reject(problems.overloaded()))
  }
  const spans = await spansOf(t, app, async (url) => {
    for (const path of ['/broken', '/busy', '/no/such']) await fetch(`${url}${path}`)
  })
  const [broken, busy, unknown] = ['GET /broken', 'GET /busy', 'GET'].map((name) => spans.find((span) => span.name === name))
  t.match(broken, { status: { code: 2 }, attributes: { 'error.type': '500', 'http.response.status_code': '500' } })
  t.match(busy, { status: { code: 2 }, attributes: { 'error.type': '503' } })
  t.strictSame(unknown?.status, {})
  t.notMatch(JSON.stringify(spans), /secret/)
})

t.test('each call is a client span between two server spans, also one that is sent again', async (t) => {
  const receiver = await startOtlpReceiver(t)
  let asked = 0
  const back = await listening(
    t,
    (server) => {
      server.get('/once', async (request) => {
        // The connection breaks under the first request: the client sends it again.
        if (asked++ === 0) request.raw.socket.destroy()
        return { traceparent: request.traceparent }
      })
      server.get('/sold-out', async () => Promise.reject(problems.validation_failed('no')))
    },
    tracing(receiver, { OTEL_SERVICE_NAME: 'the-back' }),
  )
  const front = await listening(
    t,
    (server) => {
      const client = createClient(server, { name: 'back', url: back.url })
      server.get('/', async (request) => {
        await client.call(request, { method: 'GET', path: '/once' })
        await client.call(request, { method: 'GET', path: '/sold-out', resendCount: 2 })
        return 'done'
      })
    },
    tracing(receiver),
  )
  t.equal((await fetch(front.url)).status, 200)
  await receiver.until((spans) => spans.length === 7)
  const { spans } = receiver
  t.equal(new Set(spans.map(({ traceId }) => traceId)).size, 1, 'one trace')
  const root = spans.find(({ parentSpanId }) => parentSpanId === undefined) as ReceivedSpan
  t.match(root, { name: 'GET /', resource: { 'service.name': 'headroom-sample' } })
  const calls = spans.filter(({ kind }) => kind === kinds.client).sort((a, b) => a.startMs - b.startMs)
  t.match(calls, [
    { name: 'GET back', status: { code: 2 }, attributes: { 'error.type': 'UND_ERR_SOCKET', 'peer.service': 'back' } },
    {
      name: 'GET back',
      attributes: { 'http.request.resend_count': '1', 'http.response.status_code': '200', 'url.full': `${back.url}/once` },
    },
    { name: 'GET back', status: { code: 2 }, attributes: { 'http.request.resend_count': '2', 'error.type': '400' } },
  ])
  t.notOk('http.request.resend_count' in (calls[0] as ReceivedSpan).attributes, 'the first try is no repetition')
  for (const { spanId, parentSpanId } of calls) {
    t.equal(parentSpanId, root.spanId)
    t.match(
      spans.find((span) => span.parentSpanId === spanId),
      { kind: kinds.server, resource: { 'service.name': 'the-back' } },
    )
  }
})

t.test('an endpoint that is no URL is a mistake of the configuration', async (t) => {
  for (const [endpoint, sentence] of [
    ['collector:4318', /OTEL_EXPORTER_OTLP_ENDPOINT must match pattern/],
    [
      'http://collector:99999',
      /OTEL_EXPORTER_OTLP_ENDPOINT must be a URL such as http:\/\/collector:4318; it is "http:\/\/collector:99999"/,
    ],
  ] as const)
    await t.rejects(
      listening(t, () => {}, { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint }),
      { name: 'ConfigError', message: sentence },
    )
})

t.test('background work is a trace of its own, failed or not', async (t) => {
  const receiver = await startOtlpReceiver(t)
  const { service } = await listening(t, () => {}, tracing(receiver))
  const inNewTrace = newTraces(service.server.kit.tracer)
  const seen = await inNewTrace('recover order', { 'headroom.order.id': 'o1' }, async (traceparent) => traceparent)
  await t.rejects(
    inNewTrace('deliver events', {}, () => Promise.reject(new Error('gone'))),
    /gone/,
  )
  await service.close()
  t.match(receiver.spans, [
    { name: 'recover order', kind: kinds.internal, attributes: { 'headroom.order.id': 'o1' }, spanId: seen.slice(36, 52), status: {} },
    { name: 'deliver events', status: { code: 2, message: 'gone' } },
  ])
  t.match(await newTraces(undefined)('x', {}, async (traceparent) => traceparent), /-00$/, 'without an exporter only a traceparent')
})

t.test('a receiver that never answers slows no request, and not the end', async (t) => {
  const receiver = await startOtlpReceiver(t)
  receiver.answer = { status: 0 }
  const { service, url } = await listening(
    t,
    (server) => void server.get('/', async () => 'ok'),
    tracing(receiver, { DRAIN_DELAY_MS: '0' }),
  )
  for (let i = 0; i < 5; i++) t.equal((await fetch(url)).status, 200)
  t.equal(await metric(service, 'otel_spans_dropped_total'), 0)
  service.server.server.closeAllConnections()
  const startedAt = performance.now()
  await service.close()
  const tookMs = performance.now() - startedAt
  t.ok(tookMs < 1900, `the end took ${Math.round(tookMs)} ms`)
})
