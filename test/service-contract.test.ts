import t, { type Test } from 'tap'
import type { Operation } from '../scripts/lib/openapi-types.ts'
import { committedDocument, serviceNames } from '../scripts/lib/services.ts'
import { probe } from './contract/probe.ts'

const problem = (status: number, code: string) => ({ status, code, type: `urn:headroom:problem:${code}`, title: String, instance: String })
const json = { 'content-type': 'application/json' }

/** What every service promises, a check each. */
const promises: Record<string, (t: Test, name: string) => Promise<void>> = {
  'probes tell about the process, and nothing else': async (t, name) => {
    const { service } = await probe(t, name)
    const { health, ops } = service
    const status = async (url: string) => (await ops.inject(url)).statusCode
    t.equal(await status('/startupz'), 503)
    t.equal(await status('/livez'), 200)
    const hasDatabase = health.missing.includes('schema')
    const started = health.start()
    // A database that is gone, as here, delays the end of a boot and does not prevent it.
    while (!health.started) await new Promise((resolve) => setTimeout(resolve, 20))
    t.equal(await status('/startupz'), 200)
    t.equal(await status('/readyz'), hasDatabase ? 503 : 200)
    if (hasDatabase) t.ok((await ops.inject('/readyz')).json().missing.includes('schema'))
    t.equal((await ops.inject('/dependencies')).statusCode, 200)
    health.stop()
    await started
    t.equal(await status('/readyz'), 503, 'draining')
    t.equal(await status('/livez'), 200, 'draining is no reason to be killed')
  },

  'bad input gets a problem document and nothing else happens': async (t, name) => {
    const { service } = await probe(t, name)
    const send = async (payload: string, headers: object = json, url = '/probe/body/a') => {
      const reply = await service.server.inject({ method: 'POST', url, payload, headers: { ...headers } })
      t.match(reply.headers['content-type'], /^application\/problem\+json/)
      return reply.json()
    }
    t.match(await send('{"quantity":'), problem(400, 'malformed_request'))
    t.match(await send(''), problem(400, 'malformed_request'))
    t.match(await send('{"quantity":1,"x":1}'), { ...problem(400, 'validation_failed'), errors: [{ path: 'body/x', message: String }] })
    t.match(await send('{"quantity":"1"}'), { ...problem(400, 'validation_failed'), errors: [{ path: 'body/quantity' }] })
    t.match(await send('{}'), { ...problem(400, 'validation_failed'), errors: [{ path: 'body/quantity' }] })
    t.match(await send('{"quantity":1}', json, '/probe/body/A'), problem(400, 'validation_failed'))
    t.match(await send('{"quantity":1}', json, `/probe/body/${'a'.repeat(200)}`), problem(414, 'uri_too_long'))
    t.match(await send('{"quantity":1}', { 'content-type': 'text/xml' }), problem(415, 'unsupported_media_type'))
    t.match(await send(JSON.stringify({ x: 'x'.repeat(70_000) })), problem(413, 'body_too_large'))
    const good = await service.server.inject({ method: 'POST', url: '/probe/body/a', payload: { quantity: 1 } })
    t.equal(good.statusCode, 200, 'the route works')
  },

  'an unexpected error shows nothing of the inside': async (t, name) => {
    const { service } = await probe(t, name)
    const reply = await service.server.inject('/probe/fail')
    t.match(reply.json(), problem(500, 'internal_error'))
    t.notMatch(reply.body, /SELECT|secret|stack|\.ts/)
  },

  'unknown routes are 404, known ones with another method 405 with Allow': async (t, name) => {
    const { service } = await probe(t, name)
    t.match((await service.server.inject('/no/such/route')).json(), problem(404, 'route_not_found'))
    for (const [path, methods] of Object.entries(committedDocument(name).paths)) {
      const method = ['PATCH', 'PUT'].find((method) => !(method.toLowerCase() in methods)) as 'PUT'
      const reply = await service.server.inject({ method, url: path.replace(/\{[^}]*\}/g, 'a') })
      t.match(reply.json(), problem(405, 'method_not_allowed'), path)
      const allowed = String(reply.headers.allow).split(', ')
      t.ok(
        Object.keys(methods).every((known) => allowed.includes(known.toUpperCase())),
        `${path} allows ${allowed}`,
      )
    }
  },

  'its own bodies are as strict': async (t, name) => {
    const { service } = await probe(t, name)
    for (const { method, url, operation } of operations(name)) {
      if (operation.requestBody === undefined) continue
      const headers = { ...json, 'idempotency-key': '0198f0a2-7c1d-7e3a-9b5c-0123456789ab' }
      const send = async (payload: string) => (await service.server.inject({ method, url, headers, payload })).json()
      t.match(await send('{'), problem(400, 'malformed_request'), url)
      t.match(await send('[]'), { ...problem(400, 'validation_failed'), errors: [{ path: 'body' }] }, url)
      t.match(await send('{"noSuchProperty":1}'), { ...problem(400, 'validation_failed'), errors: [{ path: /^body\// }] }, url)
    }
  },

  'more than it can take is refused with 503 and a time to come back': async (t, name) => {
    const { service, release } = await probe(t, name, { CONCURRENCY_LIMIT_MAX: '4' })
    const kept = Array.from({ length: 12 }, () => service.server.inject('/probe/wait'))
    const refused = await Promise.race(kept)
    t.match(refused.json(), problem(503, 'overloaded'))
    t.match(refused.headers['retry-after'], /^[1-9]\d*$/)
    t.equal((await service.ops.inject('/livez')).statusCode, 200, 'probes are never shed')
    // An injected request needs no turn of the loop: without one in between, whoever waits for it would never get it.
    const read = async () => {
      await new Promise(setImmediate)
      return (await service.ops.inject('/metrics')).body
    }
    const refusedOf = (text: string) => Number(/^http_server_requests_shed_total (\d+)$/m.exec(text)?.[1])
    let metrics = await read()
    // Some still wait for their turn of the loop, which comes in a few milliseconds.
    while (refusedOf(metrics) < 8) metrics = await read()
    release()
    const statuses = (await Promise.all(kept)).map(({ statusCode }) => statusCode)
    const shed = statuses.filter((status) => status === 503).length
    t.ok(shed >= 8 && shed < 12, `${shed} of 12 were refused`)
    t.match(metrics, new RegExp(`^http_server_requests_total 12$[^]*^http_server_requests_shed_total ${shed}$`, 'm'), 'arrivals count both')
  },

  'the trace and the deadline of the caller hold': async (t, name) => {
    const { service } = await probe(t, name)
    const context = async (headers: Record<string, string>) => (await service.server.inject({ url: '/probe/context', headers })).json()
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`
    t.equal((await context({ traceparent })).traceparent, traceparent)
    t.match((await context({ traceparent: 'nonsense' })).traceparent, /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/)
    const { remainingMs } = await context({ 'x-request-timeout-ms': '300' })
    t.ok(remainingMs > 0 && remainingMs <= 300, `${remainingMs} ms remain`)
    const patient = await context({ 'x-request-timeout-ms': '3600000' })
    t.ok(patient.remainingMs <= service.config.HANDLER_TIMEOUT_MS, 'never longer than a handler may take')
    t.match(await context({ 'x-request-timeout-ms': '0' }), problem(503, 'deadline_exceeded'))
    t.match(await context({ 'x-request-timeout-ms': 'soon' }), problem(400, 'validation_failed'))
  },

  'metrics have the names of the contract, and labels that no client can multiply': async (t, name) => {
    const { service } = await probe(t, name)
    const series = async () =>
      (await service.ops.inject('/metrics')).body.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
    await service.server.inject('/no/such/route')
    await service.server.inject('/probe/context')
    const before = await series()
    for (const metric of contractMetrics)
      t.ok(
        before.some((line) => line.startsWith(metric)),
        metric,
      )
    t.ok(
      before.some((line) => /^http_server_request_duration_seconds_count\{.*http_route="\/probe\/context".*\} 1$/.test(line)),
      'by route pattern',
    )
    for (let i = 0; i < 1000; i++) await service.server.inject(`/no/such/route/${i}?x=${i}`)
    t.equal((await series()).length, before.length, '1,000 URLs add no series')
  },
}

const contractMetrics = [
  'http_server_request_duration_seconds_bucket{',
  'http_server_requests_total ',
  'http_server_requests_shed_total ',
  'http_server_active_requests ',
  'nodejs_eventloop_utilization ',
  'process_cpu_seconds_total ',
  'process_resident_memory_bytes ',
]

/** Every operation of a service, with a URL whose parameters its schemas accept. */
function operations(name: string): { method: 'POST'; url: string; operation: Operation }[] {
  const examples = ['0198f0a2-7c1d-7e3a-9b5c-0123456789ab', 'a']
  return Object.entries(committedDocument(name).paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const url = path.replace(/\{([^}]*)\}/g, (_, parameter) => {
        const { pattern = '' } = operation.parameters?.find(({ name }) => name === parameter)?.schema ?? {}
        return examples.find((example) => new RegExp(pattern).test(example)) ?? 'a'
      })
      return { method: method.toUpperCase() as 'POST', url, operation }
    }),
  )
}

for (const name of serviceNames()) {
  t.test(name, async (t) => {
    for (const [promise, check] of Object.entries(promises)) t.test(promise, (t) => check(t, name))
  })
}
