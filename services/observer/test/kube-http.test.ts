import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { answerWithinMs, type KubeAccess, KubeHttp } from '../lib/kube-http.ts'
import { FakeClock, settled } from './fake-clock.ts'

const never = new AbortController().signal

/** An API that answers as it is told, and what asks it with a token. */
async function api(t: Test, listener: RequestListener) {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const access: KubeAccess = {
    getCurrentCluster: () => ({ name: 'x', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, skipTLSVerify: true }),
    applyToHTTPSOptions: async (options) => {
      options.headers = { ...(options.headers as Record<string, string>), authorization: 'Bearer secret' }
    },
  }
  const clock = new FakeClock(() => 0.5)
  return { http: new KubeHttp(access, clock), clock }
}

t.test('JSON is read with the credentials of the moment', async (t) => {
  const { http } = await api(t, ({ url, headers }, response) => void response.end(JSON.stringify({ url, token: headers.authorization })))
  t.strictSame(await http.json('/api/v1/pods', never), { url: '/api/v1/pods', token: 'Bearer secret' })
})

t.test('a refusal has its status and the words of the Status, if any', async (t) => {
  const { http } = await api(t, ({ url }, response) => {
    response.statusCode = url === '/a' ? 410 : 503
    response.end(url === '/a' ? '{"kind":"Status","message":"too old"}' : '<html>')
  })
  await t.rejects(http.json('/a', never), { statusCode: 410, message: 'too old' })
  await t.rejects(
    http.lines(
      '/b',
      never,
      () => t.fail('was not opened'),
      () => {},
    ),
    { statusCode: 503, message: 'Service Unavailable' },
  )
})

t.test('lines are read across chunks, and a torn connection is an error', async (t) => {
  const { http } = await api(t, ({ url }, response) => {
    response.write('{"a":1}\n{"b"')
    setImmediate(() => {
      response.write(':2}\n\n{"c":3}\n')
      if (url === '/torn') response.destroy()
      else response.end()
    })
  })
  const lines: string[] = []
  let opened = 0
  await http.lines(
    '/x',
    never,
    () => opened++,
    (line) => lines.push(line),
  )
  t.strictSame(lines, ['{"a":1}', '{"b":2}', '{"c":3}'])
  t.equal(opened, 1)
  await t.rejects(
    http.lines(
      '/torn',
      never,
      () => {},
      () => {},
    ),
  )
})

t.test('a line without an end is given up', async (t) => {
  const { http } = await api(t, (_request, response) => {
    const more = (error?: Error | null) => {
      if (!error) response.write('x'.repeat(1024 * 1024), more)
    }
    more()
  })
  await t.rejects(
    http.lines(
      '/x',
      never,
      () => {},
      () => {},
    ),
    /more than 4194304 bytes/,
  )
})

t.test('an answer that does not begin is given up after 10 s, and so is a list that does not end', async (t) => {
  const { http, clock } = await api(t, ({ url }, response) => {
    if (url === '/half') response.write('{"items":[')
  })
  for (const ask of [
    http.json('/half', never),
    http.lines(
      '/x',
      never,
      () => {},
      () => {},
    ),
  ]) {
    await settled(() => clock.pending((ms) => ms === answerWithinMs) > 0)
    clock.step()
    await t.rejects(ask, /no answer within 10 s/)
  }
})

t.test('whoever asks can give up at any moment', async (t) => {
  const stop = new AbortController()
  const { http } = await api(t, (_request, response) => void response.flushHeaders())
  await t.rejects(
    http.lines(
      '/x',
      stop.signal,
      () => stop.abort(new Error('stopped')),
      () => {},
    ),
  )
})
