import t from 'tap'
import { metric, open } from './helper.ts'

const from = (remoteAddress: string, headers = {}) => ({ url: '/hello', remoteAddress, headers })

t.test('one client may ask so often and no more; others are not touched', async (t) => {
  const { server, service, hello } = await open(t, { env: { RATE_LIMIT_MAX: '2', RATE_LIMIT_WINDOW_MS: '60000' } })
  for (const expected of [200, 200, 429]) t.equal((await server.inject(from('192.0.2.1'))).statusCode, expected)
  const refused = await server.inject(from('192.0.2.1'))
  t.match(refused.json(), { status: 429, code: 'rate_limited', instance: '/hello' })
  t.ok(Number(refused.headers['retry-after']) >= 1)
  t.equal((await server.inject(from('192.0.2.2'))).statusCode, 200)
  t.equal(await metric(service, 'gateway_rate_limited_total'), 2)
  t.equal(hello.seen.length, 3)
})

t.test(
  'it counts whatever is asked for: unknown URLs, wrong methods, bodies that are refused, calls that are over before they begin',
  async (t) => {
    const { server, service } = await open(t, { env: { RATE_LIMIT_MAX: '2', RATE_LIMIT_WINDOW_MS: '60000' } })
    const requests = [
      { ...from('192.0.2.1'), url: '/nowhere' },
      { ...from('192.0.2.2'), method: 'DELETE' },
      { ...from('192.0.2.3', { 'content-type': 'text/csv' }), method: 'POST', url: '/api/orders', payload: 'a' },
      from('192.0.2.4', { 'x-request-timeout-ms': '0' }),
    ] as const
    for (const [i, first] of [404, 405, 415, 503].entries()) {
      const request = requests[i] as (typeof requests)[0]
      for (const expected of [first, first, 429]) t.equal((await server.inject(request)).statusCode, expected, JSON.stringify(request))
    }
    const refused = await server.inject(requests[0])
    t.match(refused.json(), { status: 429, code: 'rate_limited', instance: '/nowhere' })
    t.match(refused.headers, { 'retry-after': /^[1-9]/, 'content-security-policy': /none/ })
    for (const path of ['/livez', '/metrics']) t.equal((await service.ops.inject(path)).statusCode, 200, "probes are nobody's requests")
  },
)

t.test('what is over the rate takes no place of the limit on load, so that a flood from one address sheds nobody else', async (t) => {
  const { server, service } = await open(t, {
    env: { RATE_LIMIT_MAX: '2', RATE_LIMIT_WINDOW_MS: '60000', CONCURRENCY_LIMIT_MAX: '4' },
  })
  for (const expected of [200, 200, 429]) t.equal((await server.inject(from('192.0.2.1'))).statusCode, expected)
  // All in one turn of the event loop: those that the limit admits count until it ends.
  const flood = Array.from({ length: 50 }, () => server.inject(from('192.0.2.1')))
  const honest = server.inject(from('192.0.2.2'))
  const statuses = (await Promise.all(flood)).map(({ statusCode }) => statusCode)
  t.equal((await honest).statusCode, 200)
  t.strictSame(statuses, Array(50).fill(429))
  t.equal(await metric(service, 'http_server_requests_shed_total'), 0)
})

t.test('IPv6 clients are told apart by their network, which is what one customer gets', async (t) => {
  const { server } = await open(t, { env: { RATE_LIMIT_MAX: '1', RATE_LIMIT_WINDOW_MS: '60000' } })
  t.equal((await server.inject(from('2001:db8:0:1::1'))).statusCode, 200)
  t.equal((await server.inject(from('2001:db8:0:1::2'))).statusCode, 429)
  t.equal((await server.inject(from('2001:db8:0:2::1'))).statusCode, 200)
})

t.test('X-Forwarded-For is believed from trusted networks only', async (t) => {
  const env = { RATE_LIMIT_MAX: '1', RATE_LIMIT_WINDOW_MS: '60000' }
  const forwarded = (address: string) => ({ 'x-forwarded-for': address })
  const open1 = await open(t, { env })
  t.equal((await open1.server.inject(from('10.0.0.1', forwarded('192.0.2.1')))).statusCode, 200)
  t.equal((await open1.server.inject(from('10.0.0.1', forwarded('192.0.2.2')))).statusCode, 429, 'nobody is trusted by default')
  const open2 = await open(t, { env: { ...env, TRUST_PROXY: '10.0.0.0/8' } })
  t.equal((await open2.server.inject(from('10.0.0.1', forwarded('192.0.2.1')))).statusCode, 200)
  t.equal((await open2.server.inject(from('10.0.0.1', forwarded('192.0.2.2')))).statusCode, 200)
  t.equal((await open2.server.inject(from('10.0.0.1', forwarded('192.0.2.1')))).statusCode, 429)
  t.equal(
    (await open2.server.inject(from('10.0.0.1', forwarded('198.51.100.9, 192.0.2.1')))).statusCode,
    429,
    'what the client wrote itself does not count',
  )
  t.equal((await open2.server.inject(from('203.0.113.1', forwarded('192.0.2.1')))).statusCode, 200, 'a stranger speaks for itself')
})

t.test('0 turns the limit off', async (t) => {
  const { server } = await open(t, { env: { RATE_LIMIT_MAX: '0' } })
  const replies = await Promise.all(Array.from({ length: 20 }, () => server.inject(from('192.0.2.1'))))
  t.ok(replies.every(({ statusCode }) => statusCode === 200))
})
