import type { BaseConfig } from '@headroom/kit/config'
import { gauge } from '@headroom/kit/metrics'
import type { Server } from '@headroom/kit/service'
import { strictValidator } from '@headroom/kit/validation'
import fp from 'fastify-plugin'
import { FaultSwitches } from '../lib/faults.ts'
import { type Faults, FaultsSchema } from '../lib/schemas.ts'

declare module 'fastify' {
  interface FastifyInstance {
    faults: FaultSwitches
  }
}

/** The fault switches of this replica: on the ops port alone, and only where FAULTS_ENABLED allows it. */
export const faults = fp(
  async (server: Server, config: BaseConfig & { readonly FAULTS_ENABLED: boolean }) => {
    const switches = new FaultSwitches()
    server.decorate('faults', switches)
    if (!config.FAULTS_ENABLED) return
    const { ops, metrics } = server.kit
    gauge(metrics.registry, 'payments_fault_latency_ms', 'Latency switched on, milliseconds.', () => switches.current.latencyMs)
    gauge(metrics.registry, 'payments_fault_decline_ratio', 'Share of declines switched on.', () => switches.current.declineRatio)
    gauge(metrics.registry, 'payments_fault_error_ratio', 'Share of errors switched on.', () => switches.current.errorRatio)
    ops.get('/faults', (_request, reply) => reply.send(switches.current))
    ops.put<{ Body: Faults }>('/faults', { schema: { body: FaultsSchema }, validatorCompiler: strictValidator() }, (request, reply) => {
      switches.current = request.body
      reply.send(switches.current)
    })
  },
  { name: 'faults' },
)
