import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { work } from './routes/work.ts'

export const service = defineService({
  name: 'counted-work',
  config,
  app: async (server, config) => {
    await server.register(work, config)
  },
})
