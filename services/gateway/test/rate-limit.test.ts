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
