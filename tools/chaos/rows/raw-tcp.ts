import { connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '@headroom/load/random'
import type { Replica } from '@headroom/local/replica'
import { kitArm, scrape, withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const head = (lines: string) => `${lines}\r\nhost: x\r\n`
const post = (headers: string, body: string) => `${head('POST /echo HTTP/1.1')}content-type: application/json\r\n${headers}\r\n\r\n${body}`
const sized = (body: string) => post(`content-length: ${Buffer.byteLength(body)}`, body)
const repliesWithinMs = 8000
/** The handler's own timeout, the grace for who left, and some slack. */
const settleWithinMs = 8000

/** What no well-meaning client sends: smuggling, broken framing, bad escapes, NUL, deep nesting. */
const cases: Record<string, string> = {
  'both lengths': post('content-length: 5\r\ntransfer-encoding: chunked', '0\r\n\r\nGET /admin HTTP/1.1\r\n\r\n'),
  'two lengths': post('content-length: 5\r\ncontent-length: 6', 'hello!'),
  'negative length': post('content-length: -1', ''),
  'length in words': post('content-length: five', 'hello'),
  'hidden chunked': post('transfer-encoding: xchunked', '0\r\n\r\n'),
  'chunked twice': post('transfer-encoding: chunked, chunked', '0\r\n\r\n'),
  'bad chunk size': post('transfer-encoding: chunked', 'zz\r\nhello\r\n0\r\n\r\n'),
  'huge chunk size': post('transfer-encoding: chunked', 'ffffffffffffffff\r\n'),
  'chunk extension': post('transfer-encoding: chunked', `2;${'a'.repeat(20_000)}\r\n{}\r\n0\r\n\r\n`),
  'bare line feeds': 'GET /wait?ms=1 HTTP/1.1\nhost: x\n\n',
  'space before the colon': `GET /wait?ms=1 HTTP/1.1\r\nhost : x\r\n\r\n`,
  'folded header': `${head('GET /wait?ms=1 HTTP/1.1')}x: a\r\n b\r\n\r\n`,
  'NUL in a header': `${head('GET /wait?ms=1 HTTP/1.1')}x: a\0b\r\n\r\n`,
  'NUL in the path': head('GET /wa\0it HTTP/1.1').concat('\r\n'),
  'bad escape': head('GET /%zz HTTP/1.1').concat('\r\n'),
  'half an escape': head('GET /wait%2 HTTP/1.1').concat('\r\n'),
  'escaped dots': head('GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1').concat('\r\n'),
  'overlong UTF-8': head('GET /%c0%af HTTP/1.1').concat('\r\n'),
  'no host': 'GET /wait?ms=1 HTTP/1.1\r\n\r\n',
  'two hosts': `${head('GET /wait?ms=1 HTTP/1.1')}host: y\r\n\r\n`,
  'unknown version': head('GET /wait?ms=1 HTTP/9.9').concat('\r\n'),
  'unknown method': head('BREW /wait?ms=1 HTTP/1.1').concat('\r\n'),
  'lower-case method': head('get /wait?ms=1 HTTP/1.1').concat('\r\n'),
  'not HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
  'header too large': `${head('GET /wait?ms=1 HTTP/1.1')}x: ${'a'.repeat(20_000)}\r\n\r\n`,
  'too many headers': `${head('GET /wait?ms=1 HTTP/1.1')}${'x: a\r\n'.repeat(3000)}\r\n`,
  'path too long': head(`GET /${'a'.repeat(15_000)} HTTP/1.1`).concat('\r\n'),
  'deep nesting': sized(`${'['.repeat(20_000)}${']'.repeat(20_000)}`),
  'deep objects': sized(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`),
  prototype: sized('{"__proto__":{"x":1},"text":"a"}'),
  'NUL in JSON': sized('{"text":"a\0b"}'),
  'broken UTF-8': sized('{"text":"\xff\xfe"}'),
  'body too large': sized(`{"text":"${'a'.repeat(70_000)}"}`),
  'unknown expectation': post('expect: miracles\r\ncontent-length: 2', '{}'),
  upgrade: `${head('GET /wait?ms=1 HTTP/1.1')}connection: upgrade\r\nupgrade: h2c\r\n\r\n`,
}

/** Bytes that no HTTP client would send. */
export const rawTcp: Row = {
  name: 'raw-tcp',
  promise: 'malformed, smuggled and hostile bytes get a 4xx or a closed connection, never a 5xx, and nobody dies of them',
  full: `${Object.keys(cases).length} cases, as they are and with random bytes changed, 1,000 in all`,
  quick: `${Object.keys(cases).length} cases, as they are and with random bytes changed, 200 in all`,
  async run(context) {
    const wanted = context.count(1000, 200)
    return await withProcess(context, { main: kitArm }, async (replica) => {
      const names = Object.keys(cases)
      const statuses = new Map<string, number>()
      const bad: string[] = []
      for (let index = 0; index < wanted; index++) {
        const name = names[index % names.length] as string
        const text = cases[name] as string
        const bytes = Buffer.from(text, 'latin1')
        const status = await send(replica.port, index < names.length ? bytes : mutated(bytes, context.random))
        statuses.set(status, (statuses.get(status) ?? 0) + 1)
        if (!/^(4\d\d|2\d\d|closed)$/.test(status)) bad.push(`${name}: ${status}`)
      }
      const settled = await settledMs(replica)
      const alive = (await fetch(`http://127.0.0.1:${replica.port}/wait?ms=1`)).status
      return {
        figures: { cases: wanted, ...Object.fromEntries([...statuses].sort()) },
        checks: [
          check('only 4xx, 2xx or a closed connection', bad.length === 0 ? 'none else' : bad.slice(0, 5).join(', '), bad.length === 0),
          check('the hostile ones were refused', statuses.get('400') ?? 0, (statuses.get('400') ?? 0) > wanted / 10),
          check('the process lives and answers', `${replica.state} ${alive}`, replica.state === 'ready' && alive === 200),
          check('nothing stays in flight', `${settled} ms until none is`, settled <= settleWithinMs),
        ],
      }
    })
  },
}

function mutated(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const flips = 1 + Math.floor(random() * 4)
  for (let i = 0; i < flips; i++) copy[Math.floor(random() * Math.min(copy.length, 400))] = Math.floor(random() * 256)
  return copy
}

/** The status of the first reply, `closed` for none, `silent` when nothing came in time. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1' })
    const end = (outcome: string) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(outcome)
    }
    const timer = setTimeout(() => end('silent'), repliesWithinMs)
    socket.on('error', () => end('closed'))
    socket.on('close', () => end('closed'))
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      const status = /^HTTP\/1\.1 (\d{3})/.exec(received)?.[1]
      if (status !== undefined && status !== '100') end(status)
    })
    // The half of a conversation is enough: whatever waits for more learns that there is none.
    socket.end(bytes)
  })
}

/** Milliseconds until nothing counts as in flight any more: half a body is waited for until its deadline. */
async function settledMs(replica: Replica): Promise<number> {
  const startedAtMs = performance.now()
  const inFlight = async () => Number(/^http_server_active_requests (\d+)/m.exec(await scrape(replica))?.[1] ?? -1)
  while ((await inFlight()) !== 0 && performance.now() - startedAtMs <= settleWithinMs) await delay(100)
  return Math.round(performance.now() - startedAtMs)
}
