import Fastify from 'fastify'
import { Counter, Histogram } from 'prom-client'

/** The same duties as most services do them: pino's two lines per request, labels looked up per observation, a timer per request. */
const server = Fastify({ logger: true, keepAliveTimeout: 5000, handlerTimeout: 4000 })
const labelNames = ['method', 'route', 'status'] as const
const duration = new Histogram({ name: 'http_request_duration_seconds', help: 'Duration.', labelNames })
const total = new Counter({ name: 'http_requests_total', help: 'Requests.', labelNames })
server.addHook('onResponse', async (request, reply) => {
  const labels = { method: request.method, route: request.routeOptions.url ?? '', status: String(reply.statusCode) }
  duration.observe(labels, reply.elapsedTime / 1000)
  total.inc(labels)
})
server.get('/hello', async (_request, reply) => {
  reply.type('text/plain; charset=utf-8')
  return 'Hello World!'
})
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
