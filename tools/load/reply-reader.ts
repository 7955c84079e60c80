import { MalformedReply, parseHead, type ReplyHead } from './reply-head.ts'

const HEAD_BYTES_MAX = 32 * 1024
const BODY_BYTES_MAX = 1024 * 1024
const EMPTY = Buffer.alloc(0)

/** A whole reply. */
export interface Reply {
  readonly status: number
  readonly hasRetryAfter: boolean
  /** Empty unless it was asked for or the status is 400 and above. */
  readonly body: string
}

type Part = 'head' | 'sized' | 'chunk-size' | 'chunk' | 'chunk-end' | 'trailer' | 'until-close' | 'done'

/** Reads replies from the bytes of one connection, one after another. */
export class ReplyReader {
  /** A byte of the current reply has come. */
  started = false
  /** The connection may carry another request after this reply. */
  keepAlive = true

  #part: Part = 'done'
  #head: ReplyHead | null = null
  #wantsBody = false
  #kept: Buffer[] = []
  #keptBytes = 0
  #partLeftBytes = 0
  #unread: Buffer = EMPTY

  /** Expects one more reply. */
  expect(wantsBody: boolean): void {
    this.started = false
    this.#part = 'head'
    this.#head = null
    this.#wantsBody = wantsBody
    this.#kept = []
    this.#keptBytes = 0
    this.#unread = EMPTY
  }

  /**
   * Takes bytes as they come, which stay the caller's to overwrite.
   * @returns the reply once it is whole, else null
   * @throws {MalformedReply}
   */
  push(bytes: Buffer): Reply | null {
    this.started = true
    const input = this.#unread.length === 0 ? bytes : Buffer.concat([this.#unread, bytes])
    this.#unread = EMPTY
    let at = 0
    while (this.#part !== 'done') {
      const next = this.#step(input, at)
      if (next < 0) {
        if (input.length - at > HEAD_BYTES_MAX) throw new MalformedReply(`a head or chunk line longer than ${HEAD_BYTES_MAX} bytes`)
        this.#unread = Buffer.from(input.subarray(at))
        return null
      }
      at = next
    }
    // Bytes after the reply answer nothing that was asked, so the connection cannot be trusted with another request.
    if (at < input.length) this.keepAlive = false
    return this.#reply()
  }

  /** The server closed: gives the reply where only the close could end it, else null. */
  end(): Reply | null {
    if (this.#part !== 'until-close') return null
    this.#part = 'done'
    return this.#reply()
  }

  /** Reads one part from `at`; gives where the next begins, or -1 where more bytes are needed. */
  #step(input: Buffer, at: number): number {
    switch (this.#part) {
      case 'head':
        return this.#readHead(input, at)
      case 'chunk-size':
        return this.#readChunkSize(input, at)
      case 'chunk-end':
        return this.#readLine(input, at, (line) => {
          if (line !== '') throw new MalformedReply('a chunk longer than it said')
          this.#part = 'chunk-size'
        })
      case 'trailer':
        return this.#readLine(input, at, (line) => {
          if (line === '') this.#part = 'done'
        })
      default:
        return this.#readBody(input, at)
    }
  }

  #readHead(input: Buffer, at: number): number {
    const end = input.indexOf('\r\n\r\n', at, 'latin1')
    if (end < 0) return -1
    const head = parseHead(input.toString('latin1', at, end))
    if (head.status === 101) throw new MalformedReply('101 Switching Protocols was never asked for')
    // Other 1xx replies only announce the final one (RFC 9110, 15.2).
    if (head.status < 200) return end + 4
    this.#head = head
    this.keepAlive = head.keepAlive
    this.#wantsBody ||= head.status >= 400
    if (head.status === 204 || head.status === 304) this.#part = 'done'
    else if (head.chunked) this.#part = 'chunk-size'
    else if (head.contentLength === null) this.#readUntilClose()
    else this.#expectBytes(head.contentLength, 'sized', 'done')
    return end + 4
  }

  #readChunkSize(input: Buffer, at: number): number {
    return this.#readLine(input, at, (line) => {
      const match = /^([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(line)
      if (match === null) throw new MalformedReply('a chunk without a size')
      this.#expectBytes(Number.parseInt(match[1] ?? '', 16), 'chunk', 'trailer')
    })
  }

  #readLine(input: Buffer, at: number, take: (line: string) => void): number {
    const end = input.indexOf('\r\n', at, 'latin1')
    if (end < 0) return -1
    take(input.toString('latin1', at, end))
    return end + 2
  }

  #readBody(input: Buffer, at: number): number {
    if (at === input.length) return -1
    const end = Math.min(input.length, at + this.#partLeftBytes)
    this.#partLeftBytes -= end - at
    if (this.#wantsBody) this.#keep(input.subarray(at, end))
    if (this.#partLeftBytes === 0) this.#part = this.#part === 'chunk' ? 'chunk-end' : 'done'
    return end
  }

  #readUntilClose(): void {
    this.keepAlive = false
    this.#part = 'until-close'
    this.#partLeftBytes = Number.POSITIVE_INFINITY
  }

  #expectBytes(bytes: number, part: Part, partIfNone: Part): void {
    this.#partLeftBytes = bytes
    this.#part = bytes === 0 ? partIfNone : part
  }

  #keep(bytes: Buffer): void {
    this.#keptBytes += bytes.length
    if (this.#keptBytes > BODY_BYTES_MAX) throw new MalformedReply(`a body longer than ${BODY_BYTES_MAX} bytes`)
    this.#kept.push(Buffer.from(bytes))
  }

  #reply(): Reply {
    const { status, hasRetryAfter } = this.#head ?? { status: 0, hasRetryAfter: false }
    return { status, hasRetryAfter, body: this.#keptBytes === 0 ? '' : Buffer.concat(this.#kept).toString('utf8') }
  }
}
