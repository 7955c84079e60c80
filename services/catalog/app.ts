import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { catalog } from './plugins/catalog.ts'
import { database } from './plugins/database.ts'
import { retention } from './plugins/retention.ts'
import { event } from './routes/event.ts'
import { events } from './routes/events.ts'
import { inbox } from './routes/inbox.ts'

export const service = defineService({
  name: 'catalog',
  config,
  app: async (server, config) => {
    await server.register(database, config)
    await server.register(retention, config)
    await server.register(catalog, config)
    await server.register(events)
    await server.register(event)
    await server.register(inbox)
  },
})
