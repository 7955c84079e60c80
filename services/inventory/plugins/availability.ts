import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { MicroCache } from '../lib/micro-cache.ts'
import type { Availability } from '../lib/schemas.ts'
import * as statements from '../lib/statements.ts'

declare module 'fastify' {
  interface FastifyInstance {
    /** Remaining tickets by event id; undefined for an event without tiers. */
    availability: MicroCache<Availability | undefined>
  }
}

/** What remains of an event, read once per moment however many ask. */
export const availability = fp(
  async (server: Server, config: { readonly AVAILABILITY_CACHE_MS: number }) => {
    const load = async (eventId: string): Promise<Availability | undefined> => {
      const { rows } = await server.database.query<Availability['tiers'][number]>('availability', statements.availability, [eventId])
      return rows.length === 0 ? undefined : { eventId, tiers: rows }
    }
    server.decorate('availability', new MicroCache({ ttlMs: config.AVAILABILITY_CACHE_MS, entriesMax: 1000, load }))
  },
  { name: 'availability', dependencies: ['database'] },
)
