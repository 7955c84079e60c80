import { type Answer, codeOf } from '@headroom/kit/client'
import type { Server } from '@headroom/kit/service'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import { type Relayed, relay as relayed } from '../lib/relay.ts'

declare module 'fastify' {
  interface FastifyReply {
    /**
     * Sends a peer's answer on if it is a documented one.
     * @throws Problem dependency_unavailable if it is not
     */
    relay(answer: Answer, what: Relayed): this
  }
}

/** Lets a route send a peer's answer on. */
export const relay = fp(
  async (server: Server) => {
    server.decorateReply('relay', function (this: FastifyReply, answer: Answer, what: Relayed) {
      const [path = ''] = this.request.url.split('?', 1)
      const { status, problem, body, retryAfter } = relayed(answer, what, path)
      if (codeOf(body) === 'overloaded') this.request.exchange.shedBehind = true
      if (retryAfter !== undefined) this.header('retry-after', retryAfter)
      // Not by the route's schema: an order that was placed must not turn into an error here because a release of orders lacks a field.
      this.type(problem ? 'application/problem+json' : 'application/json; charset=utf-8').serializer(JSON.stringify)
      return this.code(status).send(body)
    })
  },
  { name: 'relay' },
)
