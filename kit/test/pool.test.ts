import { performance } from 'node:perf_hooks'
import { setImmediate as nextTurn } from 'node:timers/promises'
import t from 'tap'
import { type Outgoing, PeerPool } from '../pool.ts'
import { until } from './helper.ts'
import { peer } from './peer.ts'

const slackMs = 400

function get(path: string): Outgoing {
  return { method: 'GET', path, headers: ['accept', 'text/plain'], body: undefined }
}

t.test('a reply is read whole, whatever pieces it comes in', async (t) => {
  const url = await peer(t, async ({ url, headers }, reply) => {
    if (url === '/early') reply.writeEarlyHints({ link: '</style.css>; rel=preload' })
    if (url === '/empty') return reply.writeHead(204).end()
    reply.writeHead(201, { 'x-accept': headers.accept })
    // In the middle of a character.
    for (const byte of Buffer.from('f\u00fcr \u20ac')) {
      reply.write(Buffer.of(byte))
      await nextTurn()
    }
    reply.end()
  })
  const pool = new PeerPool(url, 2)
  t.teardown(() => pool.close())
  for (const path of ['/', '/early']) {
    const { status, headers, text } = await pool.send(get(path), 2000)
    t.equal(status, 201)
    t.equal(headers['x-accept'], 'text/plain')
    t.equal(text, 'f\u00fcr \u20ac')
  }
  t.match(await pool.send(get('/empty'), 2000), { status: 204, text: '' })
})

t.test('who waits for a connection is given up at its own limit, and never sent', async (t) => {
  const seen: (string | undefined)[] = []
  let answer = () => {}
  const url = await peer(t, ({ url }, reply) => {
    seen.push(url)
    answer = () => reply.end('ok')
  })
  const pool = new PeerPool(url, 1)
  t.teardown(() => pool.close())
  const first = pool.send(get('/first'), 5000)
  await until(() => seen.length === 1)
  t.equal(pool.waiting, 0)
  const startedAt = performance.now()
  const second = pool.send(get('/second'), 200)
  t.equal(pool.waiting, 1)
  await t.rejects(second, { message: 'no answer within 200 ms' })
  t.ok(performance.now() - startedAt < 200 + slackMs)
  answer()
  t.equal((await first).text, 'ok')
  const third = pool.send(get('/third'), 5000)
  await until(() => seen.length === 2)
  answer()
  t.equal((await third).text, 'ok')
  t.same(seen, ['/first', '/third'])
  t.equal(pool.waiting, 0)
})

t.test('what cannot be sent is an error, and waits no more', async (t) => {
  const pool = new PeerPool(await peer(t, (_request, reply) => reply.end()), 1)
  t.teardown(() => pool.close())
  await t.rejects(pool.send({ ...get('/'), headers: ['no good', 'x'] }, 2000), { code: 'UND_ERR_INVALID_ARG' })
  t.equal(pool.waiting, 0)
  const nobody = new PeerPool('http://127.0.0.1:1', 1)
  t.teardown(() => nobody.close())
  for (let attempt = 0; attempt < 3; attempt++) await t.rejects(nobody.send(get('/'), 2000), { code: 'ECONNREFUSED' })
  t.equal(nobody.waiting, 0)
})
