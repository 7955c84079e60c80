/** A Fastify app whose only protection is under-pressure: the arm beside a service made of kit. MODE is interval or cumulative. */
import underPressure from '@fastify/under-pressure'
import { count } from '@headroom/counted-work/count'
import Fastify from 'fastify'

const { PORT, OPS_PORT, HOST = '127.0.0.1', WORK_ITERATIONS, MODE, MAX_DELAY_MS, MAX_UTILIZATION, SAMPLE_INTERVAL_MS } = process.env
const app = Fastify()
await app.register(underPressure, {
  eventLoopUtilizationMode: MODE as 'interval' | 'cumulative',
  maxEventLoopDelay: Number(MAX_DELAY_MS ?? 0),
  maxEventLoopUtilization: Number(MAX_UTILIZATION ?? 0),
  // Its own default.
  sampleInterval: Number(SAMPLE_INTERVAL_MS ?? 1000),
  retryAfter: 1,
})
app.get('/work', async () => ({ checksum: count(Number(WORK_ITERATIONS)) }))
const ops = Fastify()
for (const probe of ['readyz', 'livez']) ops.get(`/${probe}`, async () => 'ok')
await app.listen({ host: HOST, port: Number(PORT) })
await ops.listen({ host: HOST, port: Number(OPS_PORT) })
