import t from 'tap'
import { open } from './helper.ts'

t.test('every reply carries the security headers, errors and shed requests included', async (t) => {
  const { server, catalog } = await open(t, { env: { CONCURRENCY_LIMIT_MAX: '4' } })
  const expected = {
    'content-security-policy': "default-src 'none';frame-ancestors 'none'",
    'x-content-type-options': 'nosniff',
    'strict-transport-security': /max-age/,
    'x-powered-by': undefined,
  }
  t.match((await server.inject('/hello')).headers, expected)
  t.match((await server.inject('/nowhere')).headers, expected)
  t.match((await server.inject('/api/events/A')).headers, expected)
  catalog.mode = 'slow'
  const shed = await Promise.race(Array.from({ length: 12 }, () => server.inject('/api/events')))
  t.match(shed.json(), { code: 'overloaded' })
  t.match(shed.headers, expected)
})
