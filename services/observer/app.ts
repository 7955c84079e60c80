import { defineService } from '@headroom/kit/service'
import { config } from './config.ts'
import { cluster } from './plugins/cluster.ts'
import { page } from './plugins/page.ts'
import { traffic } from './plugins/traffic.ts'
import { fleet } from './routes/fleet.ts'
import { fleetStream } from './routes/fleet-stream.ts'
import { recording } from './routes/recording.ts'
import { samples } from './routes/samples.ts'

export const service = defineService({
  name: 'observer',
  config,
  app: async (server, config) => {
    await server.register(cluster, config)
    await server.register(traffic, config)
    await server.register(page)
    await server.register(fleet)
    await server.register(fleetStream, config)
    await server.register(samples)
    await server.register(recording)
  },
})
