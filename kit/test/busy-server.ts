/** A service in a thread of its own: `GET /work` keeps its loop busy for 8 ms. Tells its port. */
import type { AddressInfo } from 'node:net'
import { performance } from 'node:perf_hooks'
import { parentPort } from 'node:worker_threads'
import { createService } from '../service.ts'
import { definition } from './helper.ts'

const sample = definition((server) => {
  server.get('/work', (_request, reply) => {
    for (const end = performance.now() + 8; performance.now() < end; );
    reply.send('done')
  })
})
const { server } = await createService(sample, { LOG_LEVEL: 'silent' })
await server.listen({ host: '127.0.0.1', port: 0 })
parentPort?.postMessage((server.server.address() as AddressInfo).port)
