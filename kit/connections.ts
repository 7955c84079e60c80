import type { Socket } from 'node:net'
import type { BaseConfig } from './config.ts'
import type { Stage } from './exchange.ts'
import type { Health } from './health.ts'

const retireAt = Symbol('retireAt')
type AgingSocket = Socket & { [retireAt]?: number }

/**
 * Ends kept-alive connections with `Connection: close` on a reply: after a jittered age, so that clients connect anew and a new replica
 * gets its share within seconds; and always while draining, so that clients leave before the listener closes.
 * @param config CONNECTION_MAX_AGE_MS is the mean age; the jitter is half of it either way
 */
export function ageConnections(config: BaseConfig, health: Health): Stage {
  const meanMs = config.CONNECTION_MAX_AGE_MS
  return {
    arrive({ request, reply, arrivedAt }) {
      const socket = request.raw.socket as AgingSocket
      const retire = socket[retireAt]
      if (retire === undefined) socket[retireAt] = arrivedAt + meanMs * (0.5 + Math.random())
      if (health.draining || (retire !== undefined && arrivedAt >= retire)) reply.header('connection', 'close')
      return undefined
    },
  }
}
