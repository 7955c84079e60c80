import t from 'tap'
import { open } from './helper.ts'

t.test('GET /hello says what the hello service says', async (t) => {
  const { server } = await open(t)
  const reply = await server.inject('/hello')
  t.equal(reply.body, 'Hello World!')
  t.match(reply.headers['content-type'], /^text\/plain/)
})

t.test('when hello is gone or talks nonsense, a problem document says so', async (t) => {
  const { server, hello } = await open(t)
  await hello.close()
  t.match((await server.inject('/hello')).json(), { status: 503, code: 'dependency_unavailable' })
  const odd = await open(t, { hello: () => ({ status: 200, body: { hello: 'World' } }) })
  t.match((await odd.server.inject('/hello')).json(), { status: 503, code: 'dependency_unavailable' })
})
