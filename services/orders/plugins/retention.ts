import { keepRetention, type RetentionConfig } from '@headroom/kit/retention'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { pastOrders } from '../lib/retention.ts'

/** Removes what past orders need no more. */
export const retention = fp(
  async (
    server: Server,
    config: RetentionConfig & { readonly SAGA_LOG_RETENTION_HOURS: number; readonly OUTBOX_RETENTION_HOURS: number },
  ) => {
    keepRetention(
      server,
      server.database,
      config,
      pastOrders({ logHours: config.SAGA_LOG_RETENTION_HOURS, eventHours: config.OUTBOX_RETENTION_HOURS }),
    )
  },
  { name: 'retention', dependencies: ['database'] },
)
