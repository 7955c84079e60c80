import type { FastifyInstance, FastifyTypeProviderDefault } from 'fastify'
import type { Server } from './service.ts'

/** The server without typebox' types for routes, which Fastify's overloads of hooks and decorators cannot be told apart with. */
export function bare(server: Server): FastifyInstance {
  return server.withTypeProvider<FastifyTypeProviderDefault>()
}
