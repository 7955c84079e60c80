import { Type } from '@headroom/kit/schema'
import type { Server } from '@headroom/kit/service'
import { strictValidator } from '@headroom/kit/validation'
import fp from 'fastify-plugin'
import type { OrdersConfig } from '../config.ts'

/** Where this replica can be made to die: `beforeReply`, when an order's reply is committed and nothing of it has been sent. */
const FailpointsSchema = Type.Object({ beforeReply: Type.Enum(['pass', 'kill']) }, { additionalProperties: false })

interface Failpoints {
  beforeReply: 'pass' | 'kill'
}

declare module 'fastify' {
  interface FastifyInstance {
    failpoints: { reach(name: keyof Failpoints): void }
  }
}

/** Death at an exact place, for rehearsals: on the ops port alone, and only where FAULTS_ENABLED allows it. */
export const failpoints = fp(
  async (server: Server, config: OrdersConfig) => {
    let current: Failpoints = { beforeReply: 'pass' }
    server.decorate('failpoints', {
      reach(name) {
        // Not exit(): nothing may be flushed or answered any more.
        if (current[name] === 'kill') process.kill(process.pid, 'SIGKILL')
      },
    })
    if (!config.FAULTS_ENABLED) return
    const { ops } = server.kit
    ops.get('/failpoints', (_request, reply) => reply.send(current))
    ops.put<{ Body: Failpoints }>(
      '/failpoints',
      { schema: { body: FailpointsSchema }, validatorCompiler: strictValidator() },
      (request, reply) => {
        current = request.body
        reply.send(current)
      },
    )
  },
  { name: 'failpoints' },
)
