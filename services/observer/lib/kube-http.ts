import http, { type IncomingMessage } from 'node:http'
import https from 'node:https'
import type { KubeConfig } from '@kubernetes/client-node'
import { type Clock, systemClock } from './clock.ts'

/** How long the API may take to begin an answer, and to end one that is not a watch. */
export const answerWithinMs = 10_000
/** etcd stores no object over 1.5 MiB; a longer line is not an event. */
const lineBytesMax = 4 * 1024 * 1024
const listBytesMax = 64 * 1024 * 1024

/** A refusal by the API, as an answer or as an event of a watch. */
export class KubeError extends Error {
  readonly statusCode: number
  constructor(statusCode: number, message: string) {
    super(message)
    this.statusCode = statusCode
  }
}

/** The part of KubeConfig that says how to reach the API: its credentials may change from one request to the next. */
export type KubeAccess = Pick<KubeConfig, 'getCurrentCluster' | 'applyToHTTPSOptions'>

/**
 * GET requests to the Kubernetes API that can be given up at any moment. The client's own cannot: its lists wait for a silent server for as
 * long as that likes, and its watches reconnect without a pause.
 */
export class KubeHttp {
  readonly #config: KubeAccess
  readonly #clock: Clock

  constructor(config: KubeAccess, clock: Clock = systemClock) {
    this.#config = config
    this.#clock = clock
  }

  /**
   * Reads one JSON answer.
   * @throws KubeError for any other status than 200; Error when it does not come within 10 s, is larger than 64 MiB or `signal` aborts
   */
  async json<T>(path: string, signal: AbortSignal): Promise<T> {
    const given = new AbortController()
    const forget = this.#clock.after(answerWithinMs, () => given.abort(tooSlow()))
    try {
      const response = await this.#get(path, AbortSignal.any([signal, given.signal]))
      return JSON.parse(await textOf(response)) as T
    } finally {
      forget()
    }
  }

  /**
   * Reads the lines of an answer as they come, until the server ends it.
   * @param opened called when the answer has begun
   * @throws KubeError for any other status than 200; Error when it does not begin within 10 s, is cut, has a line over 4 MiB or `signal` aborts
   */
  async lines(path: string, signal: AbortSignal, opened: () => void, line: (text: string) => void): Promise<void> {
    const given = new AbortController()
    const forget = this.#clock.after(answerWithinMs, () => given.abort(tooSlow()))
    try {
      const response = await this.#get(path, AbortSignal.any([signal, given.signal]))
      forget()
      opened()
      let rest = ''
      for await (const chunk of response.setEncoding('utf8')) {
        const lines = `${rest}${chunk}`.split('\n')
        rest = lines.pop() ?? ''
        if (rest.length > lineBytesMax) throw new Error(`an event of more than ${lineBytesMax} bytes`)
        for (const text of lines) if (text !== '') line(text)
      }
    } finally {
      forget()
      // Whatever ended it, the connection goes too.
      given.abort(new Error('over'))
    }
  }

  async #get(path: string, signal: AbortSignal): Promise<IncomingMessage> {
    const cluster = this.#config.getCurrentCluster()
    if (!cluster) throw new Error('the kubeconfig has no current cluster')
    const options: https.RequestOptions = { headers: { accept: 'application/json' } }
    await this.#config.applyToHTTPSOptions(options)
    const url = new URL(`${cluster.server.replace(/\/$/, '')}${path}`)
    const response = await begin(url, { ...options, signal })
    if (response.statusCode === 200) return response
    throw new KubeError(response.statusCode ?? 0, messageOf(await textOf(response)) || (response.statusMessage ?? ''))
  }
}

function tooSlow(): Error {
  return new Error(`no answer within ${answerWithinMs / 1000} s`)
}

function begin(url: URL, options: https.RequestOptions): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = (url.protocol === 'https:' ? https : http).get(url, options, resolve)
    // An abort tells its reason only as the cause.
    request.on('error', (error) => reject(options.signal?.aborted ? options.signal.reason : error))
  })
}

async function textOf(response: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of response.setEncoding('utf8')) {
    text += chunk
    if (text.length > listBytesMax) throw new Error(`an answer of more than ${listBytesMax} bytes`)
  }
  return text
}

/** What a Status says, of a body that may be anything. */
function messageOf(body: string): string {
  try {
    return String((JSON.parse(body) as { message?: string }).message ?? '')
  } catch {
    return ''
  }
}
