import { spawnSync } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { pino } from 'pino'
import t from 'tap'
import type { BaseConfig } from '../config.ts'
import type { Exchange } from '../exchange.ts'
import { hideSecrets, logRequests } from '../log.ts'

type Line = Record<string, unknown>
const traceId = 'ab'.repeat(16)
const traceparent = `00-${traceId}-${'cd'.repeat(8)}-00`

/** The stage with a logger whose lines are kept. */
function stage(ratio: number) {
  const lines: Line[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk) => lines.push(JSON.parse(chunk)))
  const { arrive, leave } = logRequests(pino({ level: 'info' }, stream), { LOG_SAMPLE_RATIO: ratio } as BaseConfig)
  if (!arrive || !leave) throw new Error('the stage sees arrivals and ends')
  return { lines, arrive, leave }
}

function exchange(over: Partial<Record<keyof Exchange, unknown>> = {}): Exchange {
  const request = { method: 'GET' }
  return {
    request,
    reply: {},
    route: { url: '/things/:id' },
    traceparent,
    arrivedAt: 1000,
    status: 200,
    shed: false,
    sampled: false,
    ...over,
  } as Exchange
}

t.test('secrets are hidden by name at any depth up to four, in a copy', (t) => {
  const line = {
    headers: { authorization: 'Bearer x', Cookie: 'y', accept: '*/*' },
    body: { card: '4242', buyer: { loginPassword: 'p', api_token: 't', clientSecret: { a: 1 } } },
    list: [{ token: 'l' }],
    cloud: { signingKey: 'k', API_KEY: 'k', reportDsn: 'd', credentials: ['c'] },
    urls: ['postgres://me:pa ss@rd/@host:5432/db', 'https://t0ken@host/', 'http://host:3000/a', 'file:///a/node_modules/@b/c.js:1:2'],
    count: 3,
    none: null,
  }
  const before = structuredClone(line)
  t.strictSame(hideSecrets(line), {
    headers: { authorization: '(hidden)', Cookie: '(hidden)', accept: '*/*' },
    body: { card: '(hidden)', buyer: { loginPassword: '(hidden)', api_token: '(hidden)', clientSecret: '(hidden)' } },
    list: [{ token: '(hidden)' }],
    cloud: { signingKey: '(hidden)', API_KEY: '(hidden)', reportDsn: '(hidden)', credentials: '(hidden)' },
    urls: ['postgres://(hidden)@host:5432/db', 'https://(hidden)@host/', 'http://host:3000/a', 'file:///a/node_modules/@b/c.js:1:2'],
    count: 3,
    none: null,
  })
  t.strictSame(line, before, 'what the caller logs is not changed')
  const clean = { a: { b: { c: 1 } } }
  t.equal(hideSecrets(clean), clean, 'and not copied without need')
  t.strictSame(hideSecrets({ a: { b: { password: 'third level' } } }), { a: { b: { password: '(hidden)' } } })
  const circular: Line = { token: 'x' }
  circular.self = circular
  t.match(hideSecrets(circular), { token: '(hidden)', self: { token: '(hidden)' } }, 'a circle ends')
  t.end()
})

t.test('a request line names trace, method, route, status and duration', (t) => {
  const { lines, leave } = stage(1)
  leave(exchange(), 12.3456)
  t.match(lines, [{ trace_id: traceId, method: 'GET', route: '/things/:id', status: 200, durationMs: 12.3, msg: 'request' }])
  t.notOk('suppressed' in (lines[0] as Line))
  t.end()
})

t.test('a share of requests is logged; a server error always, a shed request only as any other', (t) => {
  const never = stage(0)
  for (const status of [200, 404, 499]) never.leave(exchange({ status }), 1)
  never.leave(exchange({ status: 503, shed: true }), 1)
  t.equal(never.lines.length, 0)
  never.leave(exchange({ status: 500 }), 1)
  never.leave(exchange({ status: 503 }), 1)
  t.match(never.lines, [
    { level: 40, status: 500, msg: 'request failed' },
    { status: 503, msg: 'request failed' },
  ])

  const some = stage(0.2)
  const requests = 2000
  // One line in a second of its own, so that the budget suppresses none.
  for (let i = 0; i < requests; i++) some.leave(exchange({ arrivedAt: i * 1000 }), 1)
  const share = some.lines.length / requests
  t.ok(share > 0.14 && share < 0.26, `${share} of all, of 0.2 wanted`)
  t.end()
})

t.test('a request whose trace is sampled always has its line, from lines of its own', (t) => {
  const { lines, leave } = stage(0)
  for (let i = 0; i < 60; i++) leave(exchange({ sampled: true }), 1)
  t.equal(lines.length, 50)
  t.match(lines[0], { level: 30, trace_id: traceId, status: 200, msg: 'request' })
  leave(exchange({ sampled: true, status: 500 }), 1)
  t.match(lines[50], { level: 40, msg: 'request failed' })
  leave(exchange({ sampled: true, arrivedAt: 2000 }), 1)
  t.match(lines[51], { suppressed: 10 })
  t.end()
})

t.test('at most 50 lines a second of each kind; the next second tells how many were left out', (t) => {
  const { lines, leave } = stage(1)
  for (let i = 0; i < 80; i++) leave(exchange({ status: 500 }), 1)
  t.equal(lines.length, 50)
  leave(exchange(), 1)
  t.equal(lines.length, 51, 'failures do not use up the lines of the rest')
  leave(exchange({ status: 500, arrivedAt: 2000 }), 1)
  t.match(lines.at(-1), { status: 500, suppressed: 30 })
  leave(exchange({ status: 500, arrivedAt: 2000 }), 1)
  t.notOk('suppressed' in (lines.at(-1) as Line), 'told once')
  t.end()
})

t.test('what a handler logs carries the trace id', (t) => {
  const { lines, arrive } = stage(0)
  const one = exchange()
  arrive(one)
  const { log } = one.request
  t.equal(one.reply.log, log)
  log.info('text')
  log.warn({ orderId: 'o1' }, 'with %s', 'fields')
  log.error(new Error('broken'))
  log.error(new TypeError('worse'), 'said otherwise')
  log.child({ part: 'pool' }).info('child')
  log.debug('below the level')
  t.match(lines, [
    { level: 30, trace_id: traceId, msg: 'text' },
    { level: 40, trace_id: traceId, orderId: 'o1', msg: 'with fields' },
    { level: 50, trace_id: traceId, msg: 'broken', err: { type: 'Error', message: 'broken', stack: /log\.test/ } },
    { level: 50, trace_id: traceId, msg: 'said otherwise', err: { type: 'TypeError' } },
    { level: 30, trace_id: traceId, part: 'pool', msg: 'child' },
  ])
  t.equal(lines.length, 5)
  t.end()
})

t.test("a service's own lines are JSON with its name, pod and level, without secrets", (t) => {
  const script = `
    import { createLogger } from ${JSON.stringify(new URL('../log.ts', import.meta.url).href)}
    const logger = await createLogger('sample', { LOG_LEVEL: 'info', POD_NAME: 'sample-1' })
    logger.debug('unseen')
    logger.info({ request: { headers: { authorization: 'Bearer s3cret' } }, password: 's3cret' }, 'hello')
    logger.error(Object.assign(new Error('refused'), { config: { token: 's3cret' } }))
    logger.error({ err: Object.assign(new Error('again'), { password: 's3cret' }) }, 'wrapped')
    const failure = () => Object.assign(new Error('deeper'), { headers: { authorization: 's3cret' } })
    logger.warn({ reason: failure(), list: [failure()], job: { failure: failure() } }, 'elsewhere')
    const child = logger.child({ token: 's3cret', peer: { password: 's3cret' }, cause: failure() })
    child.info('child')
    child.child({ cookie: 's3cret' }, { level: 'info' }).info('grandchild')
    child.setBindings({ clientSecret: 's3cret' })
    child.info('bound')
    const refused = new Error('no answer from postgres://me:s3cret@host:5432/db')
    logger.warn(refused)
    logger.warn({ err: refused })
    logger.warn({ address: 'http://me:s3cret@peer' }, 'asked %s', 'http://me:s3cret@peer')
    child.warn('asked http://me:s3cret@peer')`
  const { stdout, stderr, status } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  t.equal(status, 0, stderr)
  const lines = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  t.match(lines, [
    { level: 'info', service: 'sample', pod: 'sample-1', msg: 'hello', time: /^\d{4}-\d\d-\d\dT.*Z$/, password: '(hidden)' },
    { level: 'error', msg: 'refused', err: { message: 'refused', stack: /Error: refused/ } },
    { level: 'error', msg: 'wrapped', err: { message: 'again', password: '(hidden)' } },
    {
      msg: 'elsewhere',
      reason: { message: 'deeper', stack: /deeper/ },
      list: [{ message: 'deeper' }],
      job: { failure: { message: 'deeper' } },
    },
    {
      msg: 'child',
      token: '(hidden)',
      peer: { password: '(hidden)' },
      cause: { message: 'deeper', headers: { authorization: '(hidden)' } },
    },
    { msg: 'grandchild', token: '(hidden)', cookie: '(hidden)' },
    { msg: 'bound', token: '(hidden)', clientSecret: '(hidden)' },
    { msg: 'no answer from postgres://(hidden)@host:5432/db', err: { message: 'no answer from postgres://(hidden)@host:5432/db' } },
    { msg: 'no answer from postgres://(hidden)@host:5432/db', err: { stack: /log|eval/ } },
    { msg: 'asked http://(hidden)@peer', address: 'http://(hidden)@peer' },
    { msg: 'asked http://(hidden)@peer' },
  ])
  t.equal(lines.length, 11)
  t.notMatch(stdout, /s3cret/)
  t.end()
})
