import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { Batcher } from '../lib/batcher.ts'
import { createReserve } from '../lib/reserve.ts'
import type { Hold, Reservation } from '../lib/schemas.ts'
import { createConfirm, createRelease } from '../lib/settle.ts'
import { measureBatches } from './batch-metrics.ts'

/** Each request waits for its place in a batch; `deadlineAt` is on the clock of `performance.now()`. */
export interface Holds {
  /** @throws Problem tier_not_found, sold_out, hold_expired (its order was given up) or order_id_reused */
  reserve(reservation: Reservation, deadlineAt: number): Promise<Hold>
  /** @throws Problem hold_not_found or hold_expired */
  confirm(id: string, deadlineAt: number): Promise<Hold>
  /** @throws Problem hold_confirmed */
  release(id: string, deadlineAt: number): Promise<true>
}

declare module 'fastify' {
  interface FastifyInstance {
    holds: Holds
  }
}

/** A statement of this size takes some ten milliseconds, during which it has the tier to itself. */
const batchMax = 256
/** More than a replica's limit on requests in flight lets through. */
const queueMax = 1024

/** Reservations, confirmations and releases, each as one statement for all that arrive together. */
export const holds = fp(
  async (server: Server, config: { readonly HOLD_TTL_S: number }) => {
    const { query } = server.database
    const measured = measureBatches(server.kit.metrics.registry)
    const reserve = new Batcher({ run: measured('reserve', createReserve(query, config.HOLD_TTL_S)), batchMax, queueMax })
    const confirm = new Batcher({ run: measured('confirm', createConfirm(query)), batchMax, queueMax })
    const release = new Batcher({ run: measured('release', createRelease(query)), batchMax, queueMax })
    server.decorate('holds', {
      reserve: (reservation, deadlineAt) => reserve.submit(reservation, deadlineAt),
      confirm: (id, deadlineAt) => confirm.submit(id, deadlineAt),
      release: (id, deadlineAt) => release.submit(id, deadlineAt),
    })
  },
  { name: 'holds', dependencies: ['database'] },
)
