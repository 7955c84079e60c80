import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

t.test('GET /hello answers Hello World! as text', async (t) => {
  const { server } = await build(t, service)
  const reply = await server.inject('/hello')
  t.equal(reply.statusCode, 200)
  t.equal(reply.body, 'Hello World!')
  t.match(reply.headers['content-type'], /^text\/plain/)
})
