import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { checkout } from './plugins/checkout.ts'
import { database } from './plugins/database.ts'
import { failpoints } from './plugins/failpoints.ts'
import { peers } from './plugins/peers.ts'
import { publisher } from './plugins/publisher.ts'
import { retention } from './plugins/retention.ts'
import { order } from './routes/order.ts'
import { orders } from './routes/orders.ts'

export const service = defineService({
  name: 'orders',
  config,
  app: async (server, config) => {
    await server.register(database, config)
    await server.register(peers, config)
    await server.register(publisher, config)
    await server.register(retention, config)
    await server.register(checkout, config)
    await server.register(failpoints, config)
    await server.register(orders)
    await server.register(order)
  },
})
