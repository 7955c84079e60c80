import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { parseTrustedProxies } from './lib/trusted-proxies.ts'
import { page } from './plugins/page.ts'
import { peers } from './plugins/peers.ts'
import { rateLimit } from './plugins/rate-limit.ts'
import { relay } from './plugins/relay.ts'
import { securityHeaders } from './plugins/security-headers.ts'
import { storefront } from './plugins/storefront.ts'
import { event } from './routes/event.ts'
import { events } from './routes/events.ts'
import { hello } from './routes/hello.ts'
import { order } from './routes/order.ts'
import { orders } from './routes/orders.ts'

export const service = defineService({
  name: 'gateway',
  config,
  stage: rateLimit,
  options: ({ TRUST_PROXY }) => {
    const { networks } = parseTrustedProxies(TRUST_PROXY)
    return { trustProxy: networks.length === 0 ? false : networks }
  },
  app: async (server, config) => {
    await server.register(securityHeaders)
    await server.register(peers, config)
    await server.register(storefront, config)
    await server.register(relay)
    await server.register(page)
    await server.register(hello)
    await server.register(events)
    await server.register(event)
    await server.register(orders)
    await server.register(order)
  },
})
