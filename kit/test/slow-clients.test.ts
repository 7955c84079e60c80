import { performance } from 'node:perf_hooks'
import t, { type Test } from 'tap'
import { dial, listening } from './helper.ts'

/** What service.ts and ops.ts set; a socket may outlive its limit by this much. */
const headersLimitMs = 5000
const bodyLimitMs = 10_000
const slackMs = 2000

const request = 'POST /things HTTP/1.1\r\nHost: sample\r\n'

/** Opens a connection that sends one byte every 500 ms and never finishes what it began. */
async function dribble(t: Test, port: number, opening: string, byte: string): Promise<{ tookMs: number; text: string }> {
  const startedAt = performance.now()
  const { socket, text, closed } = await dial(t, port)
  socket.write(opening)
  const timer = setInterval(() => socket.writable && socket.write(byte), 500)
  t.teardown(() => clearInterval(timer))
  const tookMs = (await closed) - startedAt
  clearInterval(timer)
  return { tookMs, text: text() }
}

t.test('clients that take their time are disconnected at the limit, whatever they dribble', async (t) => {
  let handled = 0
  const { service, port } = await listening(
    t,
    (server) => {
      server.post('/things', (_request, reply) => {
        handled++
        return reply.send({})
      })
    },
    { HANDLER_TIMEOUT_MS: '30000' },
  )
  const opsUrl = new URL(await service.ops.listen({ host: '127.0.0.1', port: 0 }))
  const body = `${request}Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n`
  const silent = `${request}X-Never-Ended: `
  const [headers, slowBody, chunked, nothing, opsHeaders] = await Promise.all([
    dribble(t, port, silent, 'x'),
    dribble(t, port, `${body}{"a":"`, 'x'),
    dribble(t, port, `${request}Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n`, '1\r\n \r\n'),
    dribble(t, port, '', ''),
    dribble(t, Number(opsUrl.port), silent, 'x'),
  ])
  const cases = [
    { name: 'slow headers', limitMs: headersLimitMs, ...headers },
    { name: 'slow headers of the ops port', limitMs: headersLimitMs, ...opsHeaders },
    { name: 'no byte at all', limitMs: headersLimitMs, ...nothing },
    { name: 'slow body', limitMs: bodyLimitMs, ...slowBody },
    { name: 'slow chunked body', limitMs: bodyLimitMs, ...chunked },
  ]
  for (const { name, limitMs, tookMs, text } of cases) {
    t.ok(tookMs <= limitMs + slackMs, `${name}: closed after ${Math.round(tookMs)} ms`)
    t.ok(tookMs >= limitMs * 0.9, `${name}: not before its limit (${Math.round(tookMs)} ms)`)
    t.match(text, /^HTTP\/1\.1 408 .*"code":"request_timeout"/s, `${name}: told why`)
  }
  t.equal(handled, 0, 'no handler ran for any of them')
})
