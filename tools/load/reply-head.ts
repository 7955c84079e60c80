/** Status line and the few header fields that decide how a reply is read (https://www.rfc-editor.org/rfc/rfc9112). */

/** The peer broke HTTP/1.1; the connection cannot be used any more. */
export class MalformedReply extends Error {
  override name = 'MalformedReply'
}

/** What a client must know from a reply's head. */
export interface ReplyHead {
  readonly status: number
  /** Bytes of the body, or null where the head does not say. */
  readonly contentLength: number | null
  readonly chunked: boolean
  /** The server keeps the connection open after this reply. */
  readonly keepAlive: boolean
  readonly hasRetryAfter: boolean
}

const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: |$)/

/**
 * Reads a head without its closing empty line.
 * @throws {MalformedReply}
 */
export function parseHead(text: string): ReplyHead {
  const firstEnd = text.indexOf('\r\n')
  const match = STATUS_LINE.exec(firstEnd < 0 ? text : text.slice(0, firstEnd))
  if (match === null) throw new MalformedReply('no HTTP/1.x status line')
  let contentLength: number | null = null
  let chunked = false
  let keepAlive = match[1] === '1'
  let hasRetryAfter = false

  for (let at = firstEnd < 0 ? text.length : firstEnd + 2; at < text.length; ) {
    const lineEnd = text.indexOf('\r\n', at)
    const end = lineEnd < 0 ? text.length : lineEnd
    const colon = text.indexOf(':', at)
    if (colon < 0 || colon > end) throw new MalformedReply('a header line without a colon')
    // Four names matter: comparing lengths first spares lower-casing all the others.
    switch (colon - at) {
      case 10:
        if (nameIs(text, at, colon, 'connection')) keepAlive = keepsAlive(text.slice(colon + 1, end), keepAlive)
        break
      case 11:
        if (nameIs(text, at, colon, 'retry-after')) hasRetryAfter = true
        break
      case 14:
        if (nameIs(text, at, colon, 'content-length')) contentLength = parseLength(text.slice(colon + 1, end), contentLength)
        break
      case 17:
        if (nameIs(text, at, colon, 'transfer-encoding')) chunked = isChunked(text.slice(colon + 1, end))
        break
    }
    at = end + 2
  }
  return { status: Number(match[2]), contentLength, chunked, keepAlive, hasRetryAfter }
}

function nameIs(text: string, from: number, to: number, name: string): boolean {
  return text.slice(from, to).toLowerCase() === name
}

function keepsAlive(value: string, before: boolean): boolean {
  const options = value.toLowerCase().split(',')
  if (options.some((option) => option.trim() === 'close')) return false
  return before || options.some((option) => option.trim() === 'keep-alive')
}

function parseLength(value: string, before: number | null): number {
  const text = value.trim()
  const length = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(length)) throw new MalformedReply(`content-length "${text}" is not a number`)
  if (before !== null && before !== length) throw new MalformedReply('two different content-lengths')
  return length
}

function isChunked(value: string): boolean {
  if (value.trim().toLowerCase() !== 'chunked') throw new MalformedReply(`transfer-encoding "${value.trim()}" was never asked for`)
  return true
}
