import { keepRetention, type RetentionConfig } from '@headroom/kit/retention'
import type { Server } from '@headroom/kit/service'
import fp from 'fastify-plugin'
import { takenEvents } from '../lib/retention.ts'

/** Removes events that were taken long ago. */
export const retention = fp(
  async (server: Server, config: RetentionConfig & { readonly INBOX_RETENTION_HOURS: number }) => {
    keepRetention(server, server.database, config, [takenEvents(config.INBOX_RETENTION_HOURS)])
  },
  { name: 'retention', dependencies: ['database'] },
)
