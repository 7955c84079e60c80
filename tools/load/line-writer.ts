import { createWriteStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const PENDING_BYTES_MAX = 64 * 1024 * 1024

/**
 * Writes JSON lines to a stream no faster than the stream takes them.
 *
 * Lines wait in memory while the stream is busy, so that a slow disk never holds up the sending of requests. When more
 * than 64 MiB wait, or the stream fails, `onError` is told once and nothing more is written: a log with holes is no log.
 */
export class LineWriter {
  readonly #lines = new Readable({ read: () => undefined })
  readonly #written: Promise<void>

  /** @param end whether `close` also ends the stream, which stdout must not */
  constructor(stream: Writable, end: boolean, onError: (error: Error) => void) {
    this.#written = pipeline(this.#lines, stream, { end }).then(() => (end ? undefined : flushed(stream)))
    this.#written.catch(onError)
  }

  /** A writer to a new file, replacing what was there. */
  static toFile(path: string, onError: (error: Error) => void): LineWriter {
    return new LineWriter(createWriteStream(path), true, onError)
  }

  /** Adds one line. */
  write(value: unknown): void {
    if (this.#lines.destroyed) return
    this.#lines.push(`${JSON.stringify(value)}\n`)
    if (this.#lines.readableLength > PENDING_BYTES_MAX) {
      this.#lines.destroy(new Error(`the output is too slow: more than ${PENDING_BYTES_MAX} bytes wait to be written`))
    }
  }

  /** Waits until every line is written; rejects where one was not. */
  async close(): Promise<void> {
    if (!this.#lines.destroyed) this.#lines.push(null)
    await this.#written
  }
}

/** A pipeline that leaves its end open does not wait for the last write. */
function flushed(stream: Writable): Promise<void> {
  return new Promise((resolve, reject) => stream.write('', (error) => (error ? reject(error) : resolve())))
}
