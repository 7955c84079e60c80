import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { FastifyInstance } from 'fastify'
import type { BaseConfig } from './config.ts'
import type { Health } from './health.ts'

const retireAt = Symbol('retireAt')
type AgingSocket = Socket & { [retireAt]?: number }

/**
 * Ends kept-alive connections with `Connection: close` on a reply: after a jittered age, so that clients connect anew and a new replica
 * gets its share within seconds; and always while draining, so that clients leave before the listener closes.
 * @param config CONNECTION_MAX_AGE_MS is the mean age; the jitter is half of it either way
 */
export function ageConnections(server: FastifyInstance, config: BaseConfig, health: Health): void {
  const meanMs = config.CONNECTION_MAX_AGE_MS
  server.addHook('onRequest', (request, reply, done) => {
    const socket = request.raw.socket as AgingSocket
    const now = performance.now()
    const retire = socket[retireAt]
    if (retire === undefined) socket[retireAt] = now + meanMs * (0.5 + Math.random())
    if (health.draining || (retire !== undefined && now >= retire)) reply.header('connection', 'close')
    done()
  })
}
