import type { Dispatcher, Pool } from 'undici'
import { loadPool } from './parts.ts'

/** One request as it goes over the wire. */
export interface Outgoing {
  method: Dispatcher.HttpMethod
  path: string
  /** Names and values in turn. */
  headers: string[]
  body: string | undefined
}

/** One reply, all of it. */
export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
}

/**
 * Kept-alive connections to one peer, one request at a time on each.
 *
 * Undici's `dispatch` (https://github.com/nodejs/undici/blob/main/docs/docs/api/Dispatcher.md#dispatcherdispatchoptions-handler), not its `request`:
 * replies here are small and read whole, and a stream, an abort signal and an async resource for each cost more than sending it.
 */
export class PeerPool {
  readonly #pool: Pool
  readonly #connections: number
  #open = 0

  /**
   * @param url `http://host:port`
   * @param connections most at a time. They are kept for 4 s idle, less than a server's 5, so that no request is sent on a connection being closed.
   */
  constructor(url: string, connections: number) {
    const Pool = loadPool()
    this.#connections = connections
    this.#pool = new Pool(url, {
      connections,
      pipelining: 1,
      keepAliveTimeout: 4000,
      keepAliveMaxTimeout: 4000,
      connect: { timeout: 500 },
      headersTimeout: 0,
      bodyTimeout: 0,
      maxResponseSize: 1_048_576,
    })
  }

  /** Requests that wait for a connection. */
  get waiting(): number {
    return Math.max(0, this.#open - this.#connections)
  }

  /** @throws undici's errors, or one that says that there was no answer in time */
  send(request: Outgoing, timeoutMs: number): Promise<Reply> {
    this.#open++
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#open--
      }
      this.#pool.dispatch(request, new Receiver(timeoutMs, resolve, reject, end))
    })
  }

  /** Resolves once what is open has ended. */
  async close(): Promise<void> {
    await this.#pool.close()
  }
}

/** Collects one reply within a time. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #resolve: (reply: Reply) => void
  readonly #reject: (error: Error) => void
  readonly #end: () => void
  readonly #timer: NodeJS.Timeout
  #controller: Dispatcher.DispatchController | undefined
  #late: Error | undefined
  #status = 0
  #headers: Reply['headers'] = {}
  #chunks: Buffer[] = []

  constructor(timeoutMs: number, resolve: (reply: Reply) => void, reject: (error: Error) => void, end: () => void) {
    this.#resolve = resolve
    this.#reject = reject
    this.#end = end
    this.#timer = setTimeout(() => this.#giveUp(timeoutMs), timeoutMs)
  }

  #giveUp(timeoutMs: number): void {
    this.#late = new Error(`no answer within ${Math.round(timeoutMs)} ms`)
    this.#controller?.abort(this.#late)
    // Also where it still waits for a connection and there is nothing yet to abort.
    this.#reject(this.#late)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#late !== undefined) controller.abort(this.#late)
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: Reply['headers']): void {
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    clearTimeout(this.#timer)
    this.#end()
    const [first] = this.#chunks
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks)
    this.#resolve({ status: this.#status, headers: this.#headers, text: body.toString() })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#timer)
    this.#end()
    this.#reject(error)
  }
}
