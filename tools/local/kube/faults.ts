/**
 * What can be wrong with the API, for rehearsals, and how often it was asked while it was. The same faults outlive a server that is closed
 * and started again on its port, which is how the API is absent.
 *
 *   const faults = new KubeFaults()
 *   const api = await serveKube(store, { faults })
 *   faults.inflict('silent')
 *   faults.asked('pods')      // { lists: 12, watches: 30 }
 */
import type { ServerResponse } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { ApiError } from './errors.ts'

/**
 * `cut`: every watch ends a moment after it was opened, in turn torn off and in good order. `expired`: every watch is answered 410 Gone, in turn as the answer and as an event.
 * `silent`: connections are accepted and nothing is said, on the watches that are open neither, and never again. `forbidden`: 403.
 */
export type KubeFault = 'none' | 'cut' | 'expired' | 'silent' | 'forbidden'

export interface Asked {
  lists: number
  watches: number
}

const expired = { code: 410, reason: 'Expired', message: 'too old resource version' }

export class KubeFaults {
  /** How many watches it has ended itself, cut or expired. */
  ended = 0
  readonly #asked = new Map<string, Asked>()
  readonly #open = new Set<ServerResponse>()
  readonly #cutAfterMs: number
  #fault: KubeFault = 'none'
  #expired = 0

  /** @param cutAfterMs how long a watch lives under `cut` */
  constructor({ cutAfterMs = 50 }: { cutAfterMs?: number } = {}) {
    this.#cutAfterMs = cutAfterMs
  }

  /** From now on, and for the watches that are open. */
  inflict(fault: KubeFault): void {
    this.#fault = fault
    for (const watch of this.#open) {
      if (fault === 'cut') this.#cut(watch)
      if (fault === 'expired') this.#end(watch)
      if (fault === 'silent') mute(watch)
      if (fault === 'forbidden') watch.destroy()
    }
  }

  /** Requests for a collection so far, by its plural name; those for pods' usage are `podmetrics`. */
  asked(plural: string): Asked {
    return this.#asked.get(plural) ?? { lists: 0, watches: 0 }
  }

  /** Puts itself in front of every route. */
  install(app: FastifyInstance): void {
    app.addHook<{ Querystring: { watch?: string } }>('onRequest', async ({ url, query }, reply) => {
      const watches = query.watch === 'true' || query.watch === '1'
      this.#count(url, watches)
      if (this.#fault === 'silent') return reply.hijack()
      if (this.#fault === 'forbidden') throw new ApiError(403, 'Forbidden', 'this API refuses everybody for a rehearsal')
      if (!watches) return
      if (this.#fault === 'expired') this.#expire()
      this.#watched(reply.raw)
    })
  }

  #count(url: string, watches: boolean): void {
    const path = url.split('?', 1)[0] ?? ''
    const plural = path.startsWith('/apis/metrics.k8s.io/') ? 'podmetrics' : (path.split('/').at(-1) ?? '')
    const { lists, watches: watched } = this.asked(plural)
    this.#asked.set(plural, watches ? { lists, watches: watched + 1 } : { lists: lists + 1, watches: watched })
  }

  #watched(raw: ServerResponse): void {
    this.#open.add(raw)
    raw.once('close', () => this.#open.delete(raw))
    if (this.#fault === 'cut') setTimeout(() => this.#cut(raw), this.#cutAfterMs).unref()
    if (this.#fault === 'expired') setImmediate(() => this.#end(raw))
  }

  #cut(raw: ServerResponse): void {
    if (raw.destroyed || raw.writableEnded) return
    this.ended++
    // A network and a load balancer tear connections off; an API server that is replaced closes them.
    if (this.ended % 2 === 1) raw.destroy()
    else raw.end()
  }

  #expire(): void {
    this.#expired++
    if (this.#expired % 2 === 1) return
    this.ended++
    throw new ApiError(expired.code, expired.reason, expired.message)
  }

  #end(raw: ServerResponse): void {
    if (raw.destroyed || raw.writableEnded) return
    this.ended++
    raw.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', apiVersion: 'v1', status: 'Failure', ...expired } })}\n`)
  }
}

/** A connection whose other end has lost power looks like this: open, and nothing comes. */
function mute(raw: ServerResponse): void {
  raw.write = () => true
}
