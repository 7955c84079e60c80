/** Where hostile bytes are sent: a route that only reads, one that takes a body, and what it takes. */
export interface HostileTarget {
  get: string
  post: string
  /** Further header lines of the route that takes a body, each with its line ending. */
  headers: string
  /** A body that the route accepts, so that bytes are refused for how they come and not for what they say. */
  body: Record<string, unknown>
  /** Name of a property of the body that may hold any text. */
  text: string
  /** Status of a request that is as it should be. */
  created: number
}

/** Bytes no well-meaning client sends, and what may come of them. */
export interface HostileCase {
  name: string
  bytes: Buffer
  /** Status of the one reply, or `closed` for none. */
  outcomes: string[]
}

const refused = ['400', 'closed']

/** Smuggling, broken framing, bad escapes, NUL, deep nesting: each is one request, whatever a lenient reader makes of it. */
export function hostileCases(target: HostileTarget): HostileCase[] {
  const all: Record<string, [bytes: string, outcomes: string[]]> = { ...framing(target), ...heads(target), ...bodies(target) }
  return Object.entries(all).map(([name, [bytes, outcomes]]) => ({ name, bytes: Buffer.from(bytes, 'latin1'), outcomes }))
}

type Cases = Record<string, [bytes: string, outcomes: string[]]>

const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`

function writer({ get, post, headers, body }: HostileTarget) {
  const taking = (lines: string, text: string) =>
    `POST ${post} HTTP/1.1\r\nhost: x\r\n${headers}content-type: application/json\r\n${lines}\r\n\r\n${text}`
  return {
    text: JSON.stringify(body),
    /** What a lenient server would take for a second request. */
    second: `GET ${get} HTTP/1.1\r\nhost: x\r\n\r\n`,
    reading: (lines: string, line = `GET ${get} HTTP/1.1`) => `${line}\r\nhost: x\r\n${lines}\r\n`,
    taking,
    sized: (text: string) => taking(`content-length: ${text.length}`, text),
  }
}

/** Where a request ends is not for two readers to disagree about. */
function framing(target: HostileTarget): Cases {
  const { text, second, taking } = writer(target)
  const whole = `${chunk(text)}0\r\n\r\n`
  const { length } = text
  return {
    'both lengths': [taking(`content-length: ${whole.length + second.length}\r\ntransfer-encoding: chunked`, whole + second), refused],
    'both lengths, chunked first': [taking(`transfer-encoding: chunked\r\ncontent-length: ${length}`, whole + second), refused],
    'two lengths': [taking(`content-length: ${length}\r\ncontent-length: ${length + second.length}`, text + second), refused],
    'negative length': [taking('content-length: -1', text), refused],
    'length in words': [taking('content-length: five', text), refused],
    'length with a sign': [taking(`content-length: +${length}`, text), refused],
    'hidden chunked': [taking('transfer-encoding: xchunked', whole + second), refused],
    'chunked, then something else': [taking('transfer-encoding: chunked, identity', whole + second), refused],
    'chunked twice': [taking('transfer-encoding: chunked, chunked', whole), refused],
    'bad chunk size': [taking('transfer-encoding: chunked', `zz\r\n${text}\r\n0\r\n\r\n`), refused],
    'huge chunk size': [taking('transfer-encoding: chunked', `ffffffffffffffff\r\n${text}`), refused],
    'chunk longer than it says': [taking('transfer-encoding: chunked', `1\r\n${text}\r\n0\r\n\r\n`), refused],
    'chunk extension': [
      taking('transfer-encoding: chunked', `${length.toString(16)};${'a'.repeat(20_000)}\r\n${text}\r\n0\r\n\r\n`),
      refused,
    ],
  }
}

function heads({ get, ...rest }: HostileTarget): Cases {
  const { reading } = writer({ get, ...rest })
  const at = (path: string) => reading('', `GET ${path} HTTP/1.1`)
  return {
    'bare line feeds': [`GET ${get} HTTP/1.1\nhost: x\n\n`, refused],
    'space before the colon': [`GET ${get} HTTP/1.1\r\nhost : x\r\n\r\n`, refused],
    'folded header': [reading('x: a\r\n b\r\n'), refused],
    'NUL in a header': [reading('x: a\0b\r\n'), refused],
    'NUL in the path': [at('/wa\0it'), refused],
    'bad escape': [at('/%zz'), ['400']],
    'half an escape': [at('/wait%2'), ['400']],
    'escaped dots': [at('/%2e%2e/%2e%2e/etc/passwd'), ['404']],
    'overlong UTF-8': [at('/%c0%af'), ['400']],
    'no host': [`GET ${get} HTTP/1.1\r\n\r\n`, refused],
    'two hosts': [reading('host: y\r\n'), refused],
    'unknown version': [reading('', `GET ${get} HTTP/9.9`), refused],
    'unknown method': [reading('', `BREW ${get} HTTP/1.1`), refused],
    'lower-case method': [reading('', `get ${get} HTTP/1.1`), refused],
    'not HTTP at all': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', refused],
    'header too large': [reading(`x: ${'a'.repeat(20_000)}\r\n`), ['431']],
    'too many headers': [reading('x: a\r\n'.repeat(3000)), ['431']],
    'path too long': [at(`/${'a'.repeat(15_000)}`), ['404']],
    upgrade: [reading('connection: upgrade\r\nupgrade: h2c\r\n'), ['200']],
  }
}

function bodies(target: HostileTarget): Cases {
  const { text, taking, sized } = writer(target)
  const saying = (value: string) => sized(JSON.stringify({ ...target.body, [target.text]: '#' }).replace('#', value))
  return {
    'deep nesting': [sized(`${'['.repeat(20_000)}${']'.repeat(20_000)}`), ['400']],
    'deep objects': [sized(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`), ['400']],
    prototype: [sized(`{"__proto__":{"x":1},${text.slice(1)}`), ['400']],
    'NUL in JSON': [saying('a\0b'), ['400']],
    'broken UTF-8': [saying('\xff\xfe'), [String(target.created)]],
    'body too large': [saying('a'.repeat(70_000)), ['413']],
    'unknown expectation': [taking(`expect: miracles\r\ncontent-length: ${text.length}`, text), ['417']],
  }
}
