import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { startMiddleman } from '../middleman.ts'

t.test('it passes on, refuses unseen, or lies about what was done', async (t) => {
  const done: string[] = []
  const target = createServer(async (request, response) => {
    done.push(`${request.method} ${request.url} ${await text(request)}`)
    response.writeHead(201, { 'content-type': 'text/plain', 'x-kept': 'yes' }).end('made')
  })
  await new Promise<void>((resolve) => target.listen(0, '127.0.0.1', resolve))
  const middleman = await startMiddleman()
  middleman.target = (target.address() as AddressInfo).port
  t.teardown(async () => {
    await middleman.close()
    target.close()
  })
  const ask = async () => {
    const reply = await fetch(`http://127.0.0.1:${middleman.port}/inbox?x=1`, { method: 'POST', body: 'event' })
    return [reply.status, await reply.text(), reply.headers.get('x-kept')]
  }
  t.strictSame(await ask(), [201, 'made', 'yes'])
  middleman.treat = (path) => (path.startsWith('/inbox') ? 'refuse' : 'pass')
  t.strictSame(await ask(), [500, 'made to fail', null])
  t.equal(done.length, 1, 'the target never saw it')
  middleman.treat = () => 'lie'
  t.strictSame(await ask(), [500, 'made to fail', null])
  t.strictSame(done, ['POST /inbox?x=1 event', 'POST /inbox?x=1 event'])
  t.equal(middleman.requests, 3)
})
