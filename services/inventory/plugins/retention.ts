import { keepRetention, type RetentionConfig } from '@headroom/kit/retention'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { heldOver } from '../lib/retention.ts'

/** Removes holds that were over long ago. */
export const retention = fp(
  async (server: Server, config: RetentionConfig & { readonly HOLD_RETENTION_HOURS: number }) => {
    keepRetention(server, server.database, config, [heldOver(config.HOLD_RETENTION_HOURS)])
  },
  { name: 'retention', dependencies: ['database'] },
)
