import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'

/** One request as the peer saw it. */
export interface Seen {
  method: string
  path: string
  headers: IncomingMessage['headers']
  body: string
}

/** How the peer behaves: as it should, silent, breaking the connection, failing, or unable to take more. */
export type Mode = 'ok' | 'slow' | 'reset' | 'error' | 'overloaded'

export interface CannedReply {
  status: number
  body?: unknown
  headers?: Record<string, string>
}

/** A real HTTP server that stands for one service, with a switch for each way to fail. */
export class FakePeer {
  mode: Mode = 'ok'
  readonly seen: Seen[] = []
  url = ''
  readonly #reply: (seen: Seen) => CannedReply
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  constructor(reply: (seen: Seen) => CannedReply) {
    this.#reply = reply
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
    return this
  }

  /** Gone: connections are refused from now on. */
  async close(): Promise<void> {
    if (!this.#server.listening) return
    this.#server.close()
    this.#server.closeAllConnections()
    await once(this.#server, 'close')
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '', headers } = request
    const seen = { method, path: url, headers, body: await text(request) }
    this.seen.push(seen)
    if (this.mode === 'slow') return
    if (this.mode === 'reset') return void request.socket.resetAndDestroy()
    const { status, body, headers: extra } = this.mode === 'ok' ? this.#reply(seen) : failures[this.mode]
    const json = typeof body === 'string' ? { 'content-type': 'text/plain; charset=utf-8' } : { 'content-type': 'application/json' }
    response.writeHead(status, { ...(body === undefined ? {} : json), ...extra })
    response.end(typeof body === 'string' || body === undefined ? body : JSON.stringify(body))
  }
}

const failures: Record<'error' | 'overloaded', CannedReply> = {
  error: { status: 500, body: problem(500, 'internal_error') },
  overloaded: { status: 503, body: problem(503, 'overloaded'), headers: { 'retry-after': '3' } },
}

/** A problem document as kit writes it. */
export function problem(status: number, code: string, more: object = {}): object {
  return { type: `urn:headroom:problem:${code}`, title: code, status, code, instance: '/inside', ...more }
}
