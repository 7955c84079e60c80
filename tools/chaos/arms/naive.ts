/** What many services do: everything as Fastify comes, and app.close() on SIGTERM. The arm beside a service made of kit. */
import Fastify from 'fastify'

const { PORT, OPS_PORT, HOST = '127.0.0.1' } = process.env
const app = Fastify()
app.get('/hello', async () => 'Hello World!')
const ops = Fastify()
ops.get('/readyz', async () => 'ready')
await app.listen({ host: HOST, port: Number(PORT) })
await ops.listen({ host: HOST, port: Number(OPS_PORT) })
process.once('SIGTERM', () => void app.close().then(() => process.exit(0)))
