import { Agent, request as httpRequest } from 'node:http'
import { request as httpsRequest, Agent as SecureAgent } from 'node:https'
import { type Attributes, encodeSpans, type SpanRecord } from './otlp.ts'

export interface ExporterOptions {
  /** Base URL of an OTLP/HTTP receiver; `/v1/traces` is added to its path. */
  endpoint: string
  resource: Attributes
  /** Told once when batches begin to fail, and with undefined when one is taken again. */
  onHealth: (error: Error | undefined) => void
  /** Longest a span waits for others to share its batch. Default 1000. */
  batchMs?: number
  /** Longest a receiver may take for one batch. Default 2000. */
  timeoutMs?: number
}

/** Spans that wait; those beyond are dropped. */
export const queueMax = 2048
/** Spans in one batch; so many that wait are sent at once. */
export const batchMax = 256
const idleMs = 4000
/** Most that is read of a receiver's answer. */
const answerMax = 16_384

/**
 * Sends spans to an OTLP/HTTP receiver in batches, one at a time, from a queue with a bound. What cannot be sent is dropped and counted:
 * a trace is worth less than the request it tells of, so nothing here throws, waits or tries again.
 */
export class SpanExporter {
  exported = 0
  dropped = 0
  readonly #options: ExporterOptions
  readonly #url: URL
  readonly #agent: Agent
  #queue: SpanRecord[] = []
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #failing = false
  #closed = false

  constructor(options: ExporterOptions) {
    this.#options = options
    this.#url = new URL(`${options.endpoint.replace(/\/+$/, '')}/v1/traces`)
    // An idle connection is left before a receiver would close it, perhaps under a batch.
    const agent = { keepAlive: true, maxSockets: 1, timeout: idleMs }
    this.#agent = this.#url.protocol === 'https:' ? new SecureAgent(agent) : new Agent(agent)
  }

  /** Spans that wait to be sent. */
  get queued(): number {
    return this.#queue.length
  }

  add(span: SpanRecord): void {
    if (this.#closed || this.#queue.length >= queueMax) {
      this.dropped++
      return
    }
    this.#queue.push(span)
    if (this.#sending !== undefined) return
    if (this.#queue.length >= batchMax) this.#send()
    // Armed by the first span after a quiet time: an idle process is not woken.
    else this.#timer ??= setTimeout(() => this.#send(), this.#options.batchMs ?? 1000).unref()
  }

  /** Sends what waits and closes; what is not sent within `graceMs` is dropped. */
  async close(graceMs: number): Promise<void> {
    this.#closed = true
    let timer: NodeJS.Timeout | undefined
    const over = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs)
    })
    await Promise.race([over, this.#drain()])
    clearTimeout(timer)
    clearTimeout(this.#timer)
    this.dropped += this.#queue.length
    this.#queue = []
    this.#agent.destroy()
  }

  async #drain(): Promise<void> {
    await this.#sending
    while (this.#queue.length > 0) await this.#send()
  }

  #send(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const batch = this.#queue.splice(0, batchMax)
    this.#sending = this.#post(batch).then(() => {
      this.#sending = undefined
      if (this.#closed || this.#queue.length === 0) return
      if (this.#queue.length >= batchMax) void this.#send()
      else this.#timer = setTimeout(() => this.#send(), this.#options.batchMs ?? 1000).unref()
    })
    return this.#sending
  }

  async #post(batch: SpanRecord[]): Promise<void> {
    try {
      const rejected = await this.#exchange(encodeSpans(this.#options.resource, batch))
      this.dropped += rejected
      this.exported += batch.length - rejected
      if (this.#failing) this.#options.onHealth(undefined)
      this.#failing = false
    } catch (error) {
      this.dropped += batch.length
      if (!this.#failing) this.#options.onHealth(error as Error)
      this.#failing = true
    }
  }

  /** @returns how many spans the receiver rejected */
  #exchange(body: string): Promise<number> {
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest
    const timeoutMs = this.#options.timeoutMs ?? 2000
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const request = send(this.#url, {
      method: 'POST',
      agent: this.#agent,
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      signal: AbortSignal.timeout(timeoutMs),
    })
    request.on('error', (error) => reject(error.name === 'AbortError' ? new Error(`no answer within ${timeoutMs} ms`) : error))
    request.on('response', (response) => {
      let answer = ''
      response.setEncoding('utf8')
      response.on('error', reject)
      response.on('data', (chunk: string) => {
        if (answer.length < answerMax) answer += chunk
      })
      response.on('end', () => {
        const { statusCode = 0 } = response
        if (statusCode < 200 || statusCode > 299) reject(new Error(`the receiver answers ${statusCode}`))
        else resolve(rejectedOf(answer))
      })
    })
    request.end(body)
    return promise
  }
}

/** https://opentelemetry.io/docs/specs/otlp/#partial-success-1 */
function rejectedOf(answer: string): number {
  try {
    const rejected = Number(JSON.parse(answer).partialSuccess?.rejectedSpans ?? 0)
    return Number.isSafeInteger(rejected) && rejected > 0 ? rejected : 0
  } catch {
    return 0
  }
}
