import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** How a call goes wrong, and on which side of its effect. */
export interface Fault {
  when: 'before' | 'after'
  /** `hang` never answers; a number is a status, 503 with the code `overloaded`. */
  how: 'reset' | 'hang' | number
}

export interface Answer {
  status: number
  body?: object
}

export type Handle = (path: string, body: Record<string, unknown>, headers: IncomingMessage['headers']) => Answer

/** Another service as orders meets it: a real HTTP server that can be made to fail. */
export class Fake {
  url = ''
  /** Every call that arrived, as `POST /holds`; ids in paths are shown as `:id`. */
  readonly calls: string[] = []
  /** Which fault the next call of this kind meets; decides anew for every call. */
  fault: (call: string) => Fault | undefined = () => undefined
  delayMs = 0
  readonly #handle: Handle
  readonly #waiting = new Map<string, () => void>()
  readonly #server = createServer((request, response) => void this.#answer(request, response))

  constructor(handle: Handle) {
    this.#handle = handle
  }

  async start(port = 0): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(port, '127.0.0.1', resolve))
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  /** The next call of this kind fails so; calls after it do not. */
  failNext(call: string, fault: Fault): void {
    this.fault = (name) => {
      if (name !== call) return undefined
      this.fault = () => undefined
      return fault
    }
  }

  /** Resolves when the next call of this kind has arrived and, for a fault after its effect, had it. */
  seen(call: string): Promise<void> {
    return new Promise((resolve) => this.#waiting.set(call, resolve))
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const path = request.url ?? ''
    const call = `${request.method} ${path.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, ':id')}`
    this.calls.push(call)
    const fault = this.fault(call)
    const handle = () => this.#handle(`${request.method} ${path}`, text === '' ? {} : JSON.parse(text), request.headers)
    const answer = fault?.when === 'before' ? undefined : handle()
    this.#waiting.get(call)?.()
    this.#waiting.delete(call)
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs))
    if (fault?.how === 'hang') return
    if (fault?.how === 'reset') return void request.socket.destroy()
    send(response, typeof fault?.how === 'number' ? problem(fault.how, fault.how === 503 ? 'overloaded' : 'internal_error') : answer)
  }
}

function send(response: ServerResponse, { status, body }: Answer = { status: 500 }): void {
  const type = status >= 400 ? 'application/problem+json' : 'application/json'
  response.writeHead(status, body === undefined ? {} : { 'content-type': type })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

/** A problem document as the other services send it. */
export function problem(status: number, code: string): Answer {
  return { status, body: { type: `urn:headroom:problem:${code}`, title: code, status, code } }
}
