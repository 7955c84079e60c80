import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { availability as remaining } from './plugins/availability.ts'
import { database } from './plugins/database.ts'
import { holds as tickets } from './plugins/holds.ts'
import { retention } from './plugins/retention.ts'
import { sweeper } from './plugins/sweeper.ts'
import { availability } from './routes/availability.ts'
import { hold } from './routes/hold.ts'
import { holdConfirm } from './routes/hold-confirm.ts'
import { holds } from './routes/holds.ts'

export const service = defineService({
  name: 'inventory',
  config,
  app: async (server, config) => {
    await server.register(database, config)
    await server.register(retention, config)
    await server.register(tickets, config)
    await server.register(sweeper, config)
    await server.register(remaining, config)
    await server.register(holds)
    await server.register(holdConfirm)
    await server.register(hold)
    await server.register(availability)
  },
})
