import Fastify from 'fastify'

/** Bare Fastify: no hooks, no logger. */
const server = Fastify({ logger: false, keepAliveTimeout: 5000 })
server.get('/hello', (_request, reply) => {
  reply.type('text/plain; charset=utf-8').send('Hello World!')
})
await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' })
