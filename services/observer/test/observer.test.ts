import { once } from 'node:events'
import type { AddressInfo, Socket } from 'node:net'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const nowhere = { KUBECONFIG: '/nowhere/kubeconfig', NAMESPACE: 'shop' }

t.test('without a cluster it runs, answers and says so', async (t) => {
  const { server, ops } = await build(t, service, nowhere)
  t.match((await server.inject('/fleet')).json(), { access: 'connecting', stale: true, staleForS: null, services: [], namespace: 'shop' })
  const told = new Promise<void>((resolve) => server.cluster.onChange(resolve))
  await server.listen({ host: '127.0.0.1', port: 0 })
  await told
  // Loading the client has just held up the event loop, for which a request may be shed: ask the plugin itself.
  t.match(server.cluster.fleet(), { access: 'absent', detail: /no usable kubeconfig/ })
  t.match((await ops.inject('/dependencies')).json(), { kubernetes: { status: 'down' } })
  t.match((await ops.inject('/metrics')).body, /kubernetes_cache_staleness_seconds -1/)
})

t.test('a stream begins at once and ends with a word of goodbye', async (t) => {
  const { server } = await build(t, service, nowhere)
  await server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = server.server.address() as AddressInfo
  const reply = await fetch(`http://127.0.0.1:${port}/fleet/stream`)
  t.equal(reply.headers.get('content-type'), 'text/event-stream')
  const reader = reply.body?.pipeThrough(new TextDecoderStream()).getReader()
  const first = await reader?.read()
  t.match(first?.value, /^event: fleet\ndata: \{.*\}\n\n$/)
  const closing = server.close()
  let text = ''
  for (let part = await reader?.read(); part && !part.done; part = await reader?.read()) text += part.value
  await closing
  t.match(text, /event: bye\ndata: \{\}\n\n$/)
})

t.test('so many readers and no more: the next is told when to come back, and let in once one has left', async (t) => {
  const { server } = await build(t, service, { ...nowhere, STREAM_READERS_MAX: '2' })
  await server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(() => server.server.closeAllConnections())
  const { port } = server.server.address() as AddressInfo
  const first = once(server.server, 'connection') as Promise<[Socket]>
  const ask = (signal?: AbortSignal) => fetch(`http://127.0.0.1:${port}/fleet/stream`, { signal })
  const leaving = new AbortController()
  t.match([await ask(leaving.signal), await ask()], [{ status: 200 }, { status: 200 }])
  const refused = await ask()
  t.match([refused.status, await refused.json()], [503, { code: 'overloaded', detail: 'as many as may follow the fleet already do (2)' }])
  t.ok(Number(refused.headers.get('retry-after')) >= 15)
  t.equal((await fetch(`http://127.0.0.1:${port}/fleet`)).status, 200, 'a look is always to be had')
  const [socket] = await first
  const left = once(socket, 'close')
  leaving.abort()
  await left
  t.equal((await ask()).status, 200)
})
