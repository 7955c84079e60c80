import { connect, type Socket } from 'node:net'
import type { Exchange } from './exchange.ts'
import { MalformedReply } from './reply-head.ts'
import { type Reply, ReplyReader } from './reply-reader.ts'

const READ_BUFFER_BYTES = 16 * 1024
/** Why a connection ends whose server answers 408: nothing of the request was read (RFC 9110, 15.5.9). */
export const IDLE_TOO_LONG = 'idle_too_long'

/** Host and port of the target. */
export interface Target {
  readonly host: string
  readonly port: number
}

/** What a connection tells its pool. */
export interface ConnectionOwner<Kind extends Exchange> {
  onReply(exchange: Kind, reply: Reply): void
  /** The connection waits for its next exchange. */
  onIdle(connection: Connection<Kind>): void
  /** The connection is gone, and so is `exchange` if there was one on it. */
  onClosed(connection: Connection<Kind>, exchange: Kind | null, reason: string): void
}

/** One persistent HTTP/1.1 connection that carries one exchange at a time. */
export class Connection<Kind extends Exchange> {
  /** The exchange under way. */
  exchange: Kind | null = null
  /** TCP is up: what was written may have reached the server. */
  connected = false
  /** It was open before the exchange under way was given to it. */
  kept = false

  readonly #owner: ConnectionOwner<Kind>
  readonly #socket: Socket
  readonly #reader = new ReplyReader()
  #closed = false

  constructor(target: Target, owner: ConnectionOwner<Kind>) {
    this.#owner = owner
    const buffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES)
    this.#socket = connect({
      ...target,
      noDelay: true,
      // Reading into one buffer of our own spares the stream machinery, which costs more than parsing does.
      onread: { buffer, callback: (bytes) => this.#onBytes(buffer, bytes) },
    })
    this.#socket.on('connect', () => {
      this.connected = true
      if (this.exchange === null) {
        this.kept = true
        owner.onIdle(this)
      }
    })
    this.#socket.on('end', () => this.#onEnd())
    this.#socket.on('error', (error: NodeJS.ErrnoException) => this.#onError(error))
    this.#socket.on('close', () => this.#close(this.#reader.started ? 'closed_mid_reply' : 'closed_before_reply'))
  }

  /** A byte of the current reply has come. */
  get replyStarted(): boolean {
    return this.#reader.started
  }

  /** Writes the exchange's request; it must be idle. */
  send(exchange: Kind): void {
    this.exchange = exchange
    this.#reader.expect(exchange.wantsBody)
    this.#socket.write(exchange.bytes, 'latin1')
  }

  /** Gives up on the connection and on what is under way. */
  abort(reason: string): void {
    this.#close(reason)
  }

  /** Gives false to stop reading. */
  #onBytes(buffer: Buffer, bytes: number): boolean {
    if (this.#closed) return false
    if (this.exchange === null) {
      this.#close('unasked_bytes')
      return false
    }
    try {
      const reply = this.#reader.push(buffer.subarray(0, bytes))
      // What a server says to a connection that was idle for too long, which has crossed the request on its way.
      if (reply?.status === 408 && this.kept && !this.#reader.keepAlive) this.#close(IDLE_TOO_LONG)
      else if (reply !== null) this.#finish(this.exchange, reply)
    } catch (error) {
      if (!(error instanceof MalformedReply)) throw error
      this.#close('malformed_reply')
    }
    return !this.#closed
  }

  #finish(exchange: Kind, reply: Reply): void {
    this.exchange = null
    this.kept = true
    this.#owner.onReply(exchange, reply)
    if (this.#reader.keepAlive) this.#owner.onIdle(this)
    else this.#close('server_asked')
  }

  #onEnd(): void {
    const reply = this.exchange === null ? null : this.#reader.end()
    if (this.exchange !== null && reply !== null) this.#finish(this.exchange, reply)
    else this.#close(this.#reader.started ? 'closed_mid_reply' : 'closed_before_reply')
  }

  #onError(error: NodeJS.ErrnoException): void {
    const code = (error.code ?? error.name).toLowerCase()
    this.#close(this.#reader.started && this.exchange !== null ? `${code}_mid_reply` : code)
  }

  #close(reason: string): void {
    if (this.#closed) return
    this.#closed = true
    this.#socket.destroy()
    const exchange = this.exchange
    this.exchange = null
    this.#owner.onClosed(this, exchange, reason)
  }
}
