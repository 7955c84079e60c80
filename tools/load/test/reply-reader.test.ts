import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { MalformedReply } from '../reply-head.ts'
import { type Reply, ReplyReader } from '../reply-reader.ts'

/** Feeds `text` in parts cut at `cuts`, through one buffer that is overwritten each time as the socket's is. */
function read(text: string, cuts: readonly number[] = [], wantsBody = true): { reply: Reply | null; reader: ReplyReader } {
  const reader = new ReplyReader()
  reader.expect(wantsBody)
  const bytes = Buffer.from(text, 'utf8')
  const shared = Buffer.alloc(bytes.length)
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length]
  for (let part = 1; part < edges.length; part += 1) {
    const copied = bytes.copy(shared, 0, edges[part - 1], edges[part])
    const reply = copied === 0 ? null : reader.push(shared.subarray(0, copied))
    if (reply !== null) return { reply, reader }
  }
  return { reply: null, reader }
}

const REPLIES: Record<string, { text: string; reply: Reply; keepAlive: boolean }> = {
  'with a length': {
    text: 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\nHello World!',
    reply: { status: 200, hasRetryAfter: false, body: 'Hello World!' },
    keepAlive: true,
  },
  chunked: {
    text: 'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nHello\r\n7;name=value\r\n World!\r\n0\r\nx-trailer: 1\r\n\r\n',
    reply: { status: 201, hasRetryAfter: false, body: 'Hello World!' },
    keepAlive: true,
  },
  'that ends the connection': {
    text: 'HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\nconnection: Close\r\ncontent-length: 2\r\n\r\n{}',
    reply: { status: 503, hasRetryAfter: true, body: '{}' },
    keepAlive: false,
  },
  'without a body': { text: 'HTTP/1.1 204 No Content\r\n\r\n', reply: { status: 204, hasRetryAfter: false, body: '' }, keepAlive: true },
  'of length 0': {
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
    reply: { status: 200, hasRetryAfter: false, body: '' },
    keepAlive: true,
  },
  'after an interim one': {
    text: 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok',
    reply: { status: 200, hasRetryAfter: false, body: 'ok' },
    keepAlive: true,
  },
  'of HTTP/1.0': {
    text: 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok',
    reply: { status: 200, hasRetryAfter: false, body: 'ok' },
    keepAlive: false,
  },
  'in UTF-8': {
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nZürn',
    reply: { status: 200, hasRetryAfter: false, body: 'Zürn' },
    keepAlive: true,
  },
}

for (const [name, { text, reply, keepAlive }] of Object.entries(REPLIES)) {
  t.test(`a reply ${name} reads the same however its bytes arrive`, async (t) => {
    const whole = read(text)
    t.same(whole.reply, reply)
    t.equal(whole.reader.keepAlive, keepAlive)
    fc.assert(
      fc.property(fc.array(fc.nat(), { maxLength: 12 }), (cuts) => {
        const cut = read(text, cuts)
        return isDeepStrictEqual(cut.reply, reply) && cut.reader.keepAlive === keepAlive
      }),
      { numRuns: 60 },
    )
    const bytewise = read(
      text,
      [...text].map((_, index) => index),
    )
    t.same(bytewise.reply, reply, 'byte by byte')
  })
}

t.test('a body nobody wants is dropped, a problem is kept', async (t) => {
  t.equal(read('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok', [], false).reply?.body, '')
  t.equal(read('HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\n{}', [], false).reply?.body, '{}')
})

t.test('one reader reads one reply after another', async (t) => {
  const reader = new ReplyReader()
  for (const body of ['one', 'two']) {
    reader.expect(true)
    t.equal(reader.started, false)
    t.equal(reader.push(Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\n${body}`))?.body, body)
  }
})

t.test('a body that ends with the connection', async (t) => {
  const { reply, reader } = read('HTTP/1.1 200 OK\r\n\r\npart')
  t.equal(reply, null, 'not whole before the close')
  t.same(reader.end(), { status: 200, hasRetryAfter: false, body: 'part' })
  t.equal(reader.keepAlive, false)
  t.equal(read('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\npart').reader.end(), null, 'a short body is no reply')
})

t.test('bytes beyond the reply end the connection', async (t) => {
  const { reply, reader } = read(`${'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'}surplus`)
  t.equal(reply?.body, 'ok')
  t.equal(reader.keepAlive, false)
})

const BROKEN = {
  'another protocol': 'SSH-2.0-OpenSSH_9.6\r\n\r\n',
  'a header without a colon': 'HTTP/1.1 200 OK\r\nnonsense\r\n\r\n',
  'a length that is no number': 'HTTP/1.1 200 OK\r\ncontent-length: 1e3\r\n\r\n',
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n',
  'an encoding not asked for': 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n',
  'a chunk without a size': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'a chunk longer than it said': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nabc\r\n',
  'an upgrade': 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
  'an endless head': `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}`,
  'an endless body': `HTTP/1.1 200 OK\r\ncontent-length: 2000000\r\n\r\n${'y'.repeat(1_100_000)}`,
}

for (const [name, text] of Object.entries(BROKEN)) {
  t.test(`refuses ${name}`, async (t) => {
    t.throws(() => read(text), MalformedReply)
  })
}
