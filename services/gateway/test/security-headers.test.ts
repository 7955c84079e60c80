import t from 'tap'
import { open } from './helper.ts'

const expected = {
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'SAMEORIGIN',
}

t.test('every reply carries the security headers, errors and shed requests included', async (t) => {
  const { server, catalog } = await open(t, { env: { CONCURRENCY_LIMIT_MAX: '4' } })
  t.match((await server.inject('/nowhere')).headers, expected)
  t.match((await server.inject('/api/events/A')).headers, expected)
  catalog.mode = 'slow'
  const shed = await Promise.race(Array.from({ length: 12 }, () => server.inject('/api/events')))
  t.match(shed.json(), { code: 'overloaded' })
  t.match(shed.headers, expected)
})

t.test('a reply carries no header beside them that helps nobody', async (t) => {
  const { server } = await open(t)
  const { headers } = await server.inject('/hello')
  const others = ['connection', 'content-length', 'content-type', 'date']
  t.strictSame(Object.keys(headers).sort(), [...Object.keys(expected), ...others].sort())
  t.match(headers, expected)
})
