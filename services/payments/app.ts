import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { database } from './plugins/database.ts'
import { faults } from './plugins/faults.ts'
import { provider } from './plugins/provider.ts'
import { retention } from './plugins/retention.ts'
import { chargeRefund } from './routes/charge-refund.ts'
import { charges } from './routes/charges.ts'

export const service = defineService({
  name: 'payments',
  config,
  app: async (server, config) => {
    await server.register(database, config)
    await server.register(faults, config)
    await server.register(retention, config)
    await server.register(provider, config)
    await server.register(charges)
    await server.register(chargeRefund)
  },
})
