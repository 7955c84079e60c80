import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { hello } from './routes/hello.ts'

export const service = defineService({
  name: 'hello',
  config,
  app: async (server) => {
    await server.register(hello)
  },
})
