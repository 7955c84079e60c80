import { keepRetention, type RetentionConfig } from '@headroom/kit/retention'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { declinedCharges } from '../lib/retention.ts'

/** Removes charges that were declined long ago. */
export const retention = fp(
  async (server: Server, config: RetentionConfig & { readonly DECLINED_CHARGE_RETENTION_HOURS: number }) => {
    keepRetention(server, server.database, config, [declinedCharges(config.DECLINED_CHARGE_RETENTION_HOURS)])
  },
  { name: 'retention', dependencies: ['database'] },
)
