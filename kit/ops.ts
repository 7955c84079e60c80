import Fastify, { type FastifyInstance } from 'fastify'
import { answerClientError, answerFrameworkError, answerProblems } from './errors.ts'
import type { Health } from './health.ts'
import type { Metrics } from './metrics.ts'

/**
 * The second server of every service, on its own port: probes and metrics, never shed, never behind the public Service.
 * A service may add routes of its own here (fault switches); the public never reaches them.
 */
export function createOps(health: Health, metrics: Metrics): FastifyInstance {
  const ops = Fastify({
    logger: false,
    bodyLimit: 65_536,
    return503OnClosing: false,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    http: { headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 },
  })
  answerProblems(ops)()
  ops.get('/startupz', (_request, reply) =>
    reply.code(health.started ? 200 : 503).send({ status: health.started ? 'started' : 'starting' }),
  )
  // Answering at all is the proof: the event loop turns. No I/O, so that a dead dependency never restarts a healthy pod.
  ops.get('/livez', (_request, reply) => reply.send({ status: 'alive' }))
  ops.get('/readyz', (_request, reply) => {
    const { ready, missing } = health
    return reply.code(ready ? 200 : 503).send({ status: ready ? 'ready' : 'unready', missing })
  })
  ops.get('/dependencies', (_request, reply) => reply.send(health.dependencies()))
  ops.get('/metrics', async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()))
  return ops
}
