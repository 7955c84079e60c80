import { Connection, IDLE_TOO_LONG, type Target } from './connection.ts'
import type { Exchange, ExchangeSink } from './exchange.ts'
import { Fifo } from './fifo.ts'
import type { Reply } from './reply-reader.ts'

/** Bounds of a pool. */
export interface PoolLimits {
  /** Persistent connections kept up, as that many users' clients would. */
  readonly connections: number
  /** Connections when all are busy. */
  readonly connectionsMax: number
  /** Requests waiting for a connection. */
  readonly queueMax: number
}

/** Connections under way to a target at the start: half of what Node's servers let wait by default. Those beyond would be tried again a second later. */
const OPENING_MAX = 256

/**
 * Persistent connections to one target.
 *
 * Below `connections` each request opens one more, after that the connection idle for longest is used again, so that
 * load goes round all of them as it does round users. When all are busy more are opened up to `connectionsMax`, and
 * beyond that requests wait in line. It never closes a connection by itself; servers that limit the age of theirs shrink
 * the pool again.
 */
export class Pool<Kind extends Exchange> {
  /** Connections opened so far. */
  opened = 0
  /** Most connections open at once. */
  openMax = 0
  /** Requests sent again because the server had closed the kept connection before any byte of reply. */
  reconnects = 0
  /** Requests that had to wait for a connection. */
  waited = 0

  readonly #target: Target
  readonly #limits: PoolLimits
  readonly #sink: ExchangeSink<Kind>
  readonly #open = new Set<Connection<Kind>>()
  readonly #idle = new Set<Connection<Kind>>()
  readonly #queue = new Fifo<Kind>()
  #closing = false
  /** Connections to be opened still, before the first request. */
  #missing = 0
  #onSteady: () => void = () => undefined

  constructor(target: Target, limits: PoolLimits, sink: ExchangeSink<Kind>) {
    this.#target = target
    this.#limits = limits
    this.#sink = sink
  }

  /** Connections open now. */
  get size(): number {
    return this.#open.size
  }

  /** Opens `connections` ahead of the first request; resolves once they are up or failed, after `patienceMs` in any case. */
  open(patienceMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        this.#missing = 0
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(end, patienceMs)
      this.#onSteady = end
      this.#missing = this.#limits.connections
      for (let opening = 0; opening < OPENING_MAX; opening += 1) this.#openNext()
    })
  }

  /** Sends the exchange now, or as soon as a connection is free; the sink hears of its end once. */
  submit(exchange: Kind): void {
    const connection = this.#take()
    if (connection !== null) {
      this.#sink.onSent(exchange)
      connection.send(exchange)
    } else if (this.#queue.size < this.#limits.queueMax) {
      this.waited += 1
      this.#queue.push(exchange)
    } else {
      this.#sink.onFailure(exchange, { reason: 'queue_full', mayHaveArrived: false })
    }
  }

  /** Ends what passed its deadline. Called often, it stands in for a timer per request. */
  sweep(nowMs: number): void {
    // Those in line first: a connection given up makes room for the next, which must still have time.
    for (let first = this.#queue.peek(); first !== undefined && first.deadlineAtMs <= nowMs; first = this.#queue.peek()) {
      this.#queue.shift()
      this.#sink.onFailure(first, { reason: 'timeout_waiting_for_connection', mayHaveArrived: false })
    }
    for (const connection of this.#open) {
      if (connection.exchange !== null && connection.exchange.deadlineAtMs <= nowMs) connection.abort('timeout')
    }
  }

  /** Closes every connection; what is still under way fails with `reason`. */
  close(reason: string): void {
    this.#closing = true
    for (let waiting = this.#queue.shift(); waiting !== undefined; waiting = this.#queue.shift()) {
      this.#sink.onFailure(waiting, { reason, mayHaveArrived: false })
    }
    for (const connection of this.#open) connection.abort(reason)
  }

  onReply(exchange: Kind, reply: Reply): void {
    this.#sink.onReply(exchange, reply)
  }

  onIdle(connection: Connection<Kind>): void {
    const waiting = this.#queue.shift()
    if (waiting === undefined) this.#idle.add(connection)
    else this.#sendWaiting(connection, waiting)
    this.#openNext()
    if (this.#idle.size === this.#open.size) this.#onSteady()
  }

  onClosed(connection: Connection<Kind>, exchange: Kind | null, reason: string): void {
    this.#open.delete(connection)
    this.#idle.delete(connection)
    if (exchange !== null) this.#settle(connection, exchange, reason)
    this.#openNext()
    if (this.#idle.size === this.#open.size) this.#onSteady()
    if (this.#closing || this.#open.size >= this.#limits.connectionsMax) return
    const waiting = this.#queue.shift()
    if (waiting !== undefined) this.#sendWaiting(this.#connect(), waiting)
  }

  #openNext(): void {
    if (this.#missing === 0) return
    this.#missing -= 1
    this.#connect()
  }

  #settle(connection: Connection<Kind>, exchange: Kind, reason: string): void {
    // The race every client of kept-alive connections knows: the server closed an idle connection just as the request
    // left. Clients repeat it once where that does no harm (RFC 9110, 9.2.2), and so does this one.
    const unanswered = !connection.replyStarted || reason === IDLE_TOO_LONG
    const lostTheRace = connection.kept && unanswered && reason !== 'timeout' && !this.#closing
    if (lostTheRace && exchange.repeatable && !exchange.repeated) {
      exchange.repeated = true
      this.reconnects += 1
      this.#connect().send(exchange)
    } else {
      this.#sink.onFailure(exchange, { reason, mayHaveArrived: connection.connected })
    }
  }

  #sendWaiting(connection: Connection<Kind>, exchange: Kind): void {
    this.#sink.onSent(exchange)
    connection.send(exchange)
  }

  #take(): Connection<Kind> | null {
    if (this.#open.size < this.#limits.connections) return this.#connect()
    for (const connection of this.#idle) {
      this.#idle.delete(connection)
      return connection
    }
    return this.#open.size < this.#limits.connectionsMax ? this.#connect() : null
  }

  #connect(): Connection<Kind> {
    const connection = new Connection<Kind>(this.#target, this)
    this.#open.add(connection)
    this.opened += 1
    this.openMax = Math.max(this.openMax, this.#open.size)
    return connection
  }
}
