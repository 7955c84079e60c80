import t from 'tap'
import { open } from './helper.ts'

t.test('the storefront is a page of its own, under a content policy that keeps it to this origin', async (t) => {
  const { server } = await open(t)
  const page = await server.inject('/')
  t.match(page, { statusCode: 200, headers: { 'content-type': /^text\/html/, 'x-content-type-options': 'nosniff' } })
  t.match(page.headers['content-security-policy'], /^default-src 'none'; script-src 'self'/)
  for (const file of ['/main.js', '/shop.js', '/style.css', '/icon.svg']) t.equal((await server.inject(file)).statusCode, 200, file)
  t.match((await server.inject('/api/events')).headers, { 'content-security-policy': "default-src 'none';frame-ancestors 'none'" })
})
