import t from 'tap'
import { open } from './helper.ts'

t.test('every reply carries the security headers, errors and shed requests included', async (t) => {
  const { server } = await open(t)
  const expected = {
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'strict-transport-security': /max-age/,
    'x-powered-by': undefined,
  }
  t.match((await server.inject('/hello')).headers, expected)
  t.match((await server.inject('/nowhere')).headers, expected)
  t.match((await server.inject('/api/events/A')).headers, expected)
  server.kit.metrics.traffic.active = 10_000
  const shed = await server.inject('/hello')
  t.equal(shed.statusCode, 503)
  t.match(shed.headers, expected)
  server.kit.metrics.traffic.active = 0
})
