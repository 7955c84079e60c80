import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../run.ts'
import { definition } from './helper.ts'

/** The process that run.test.ts starts: one route that takes as long as it is told. */
await run(
  definition((server) => {
    server.get('/work', async (request) => {
      await delay(Number((request.query as { ms?: string }).ms ?? 0))
      return 'done'
    })
  }),
)
