import type { Reply } from './reply-reader.ts'

/** One request on its way, with all the clock times (`performance.now()`) that matter to it. */
export interface Exchange {
  /** When it was due; latency counts from here, whatever held it up. */
  readonly dueAtMs: number
  /** When to give up on it. */
  readonly deadlineAtMs: number
  /** Everything to write: request line, headers and body (ASCII). */
  readonly bytes: string
  /** It does no harm to send it twice: a GET, or a request with an Idempotency-Key. */
  readonly repeatable: boolean
  readonly wantsBody: boolean
  /** The one transparent repeat was used up. */
  repeated: boolean
}

/** Why an exchange got no reply. */
export interface Failure {
  /** A short stable word: `timeout`, `econnrefused`, `closed_before_reply`... */
  readonly reason: string
  /** The server may have received the request, so its effect is not known. */
  readonly mayHaveArrived: boolean
}

/** What becomes of exchanges is told to whoever submitted them, exactly once each. */
export interface ExchangeSink<Kind extends Exchange> {
  onSent(exchange: Kind): void
  onReply(exchange: Kind, reply: Reply): void
  onFailure(exchange: Kind, failure: Failure): void
}
