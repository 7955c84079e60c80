import type { ServerResponse } from 'node:http'

/** A reader that lets this much pile up is let go; it comes back by itself. */
const pendingBytesMax = 1_000_000

/** The part of a reply that events are written to. */
export type Reader = Pick<ServerResponse, 'writableLength'> & {
  writeHead(status: number, headers: Record<string, string>): unknown
  write(text: string): unknown
  end(text: string): unknown
  destroy(): unknown
}

/** Server-sent events to every reader at once: each event is written out once, however many read it (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export class Broadcast {
  readonly #readers = new Set<Reader>()

  get size(): number {
    return this.#readers.size
  }

  /** Begins a stream. @returns the function that ends it */
  add(reader: Reader): () => void {
    reader.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'close',
      'x-accel-buffering': 'no',
    })
    this.#readers.add(reader)
    return () => this.#readers.delete(reader)
  }

  send(event: string, data: unknown): void {
    if (this.#readers.size === 0) return
    const text = eventText(event, data)
    for (const reader of this.#readers) {
      if (reader.writableLength > pendingBytesMax) reader.destroy()
      else reader.write(text)
    }
  }

  /** Ends every stream with a last event. */
  end(event: string): void {
    for (const reader of this.#readers) reader.end(eventText(event, {}))
    this.#readers.clear()
  }
}

export function eventText(event: string, data: unknown): string {
  return `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`
}
