import t from 'tap'
import { dial, listening } from './helper.ts'

t.test('a request for two hosts is refused before anything is done for it', async (t) => {
  let handled = 0
  const { port } = await listening(t, (server) => {
    server.get('/things', async () => ({ handled: ++handled }))
  })
  const ask = async (hosts: string) => {
    const { socket, text, closed } = await dial(t, port)
    socket.write(`GET /things HTTP/1.1\r\nConnection: close\r\n${hosts}\r\n`)
    await closed
    return text()
  }
  for (const hosts of ['Host: a\r\nHost: b\r\n', 'host: a\r\nHOST: a\r\n'])
    t.match(await ask(hosts), /^HTTP\/1\.1 400 .*"code":"malformed_request","detail":"more than one Host header"/s)
  t.equal(handled, 0)
  t.match(await ask('Host: a\r\nX-Forwarded-Host: b\r\n'), /^HTTP\/1\.1 200 /, 'one is as it should be')
})
