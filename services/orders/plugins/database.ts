import type { BaseConfig } from '@headroom/kit/config'
import { type Database, type DatabaseConfig, openDatabase } from '@headroom/kit/database'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'

declare module 'fastify' {
  interface FastifyInstance {
    database: Database
  }
}

/** The pool of this service's own database; it closes with the server. */
export const database = fp(
  async (server: Server, config: BaseConfig & DatabaseConfig) => {
    server.decorate('database', openDatabase(server, config, new URL('../migrations/', import.meta.url)))
  },
  { name: 'database' },
)
