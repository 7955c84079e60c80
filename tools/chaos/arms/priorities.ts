/** A service made of kit whose three routes do the same counted work and differ in priority alone. */
import { count } from '@headroom/counted-work/count'
import { defineConfig } from '@headroom/kit/config'
import type { Priority } from '@headroom/kit/pressure'
import { run } from '@headroom/kit/run'
import { Type } from '@headroom/kit/schema'
import { defineService } from '@headroom/kit/service'

const priorities: Priority[] = ['finish', 'start', 'browse']
const config = defineConfig({
  WORK_ITERATIONS: Type.Integer({ default: 600_000, minimum: 1, maximum: 1_000_000_000, description: 'Turns of the loop per request.' }),
})

await run(
  defineService({
    name: 'priorities-arm',
    config,
    app: async (server, { WORK_ITERATIONS }) => {
      for (const priority of priorities)
        server.get(`/${priority}`, { config: { priority } }, async () => ({ checksum: count(WORK_ITERATIONS) }))
    },
  }),
)
