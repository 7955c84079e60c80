import type { Server as HttpServer, IncomingMessage, ServerResponse } from 'node:http'
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions } from 'fastify'
import type { Logger } from 'pino'
import { bare } from './bare.ts'
import type { BaseConfig, Config } from './config.ts'
import { ageConnections } from './connections.ts'
import { keepDeadlines } from './deadlines.ts'
import { answerClientError, answerFrameworkError, answerProblems } from './errors.ts'
import { followRequests, type Stage } from './exchange.ts'
import { refuseTwoHosts } from './framing.ts'
import { Health } from './health.ts'
import { createLogger, logRequests } from './log.ts'
import { createMetrics, type Metrics, measureRequests } from './metrics.ts'
import { createOps } from './ops.ts'
import { relievePressure } from './pressure.ts'
import { type Tracer, traceRequests } from './tracing.ts'
import { strictValidator } from './validation.ts'

/** The Fastify instance that a service's app.ts gets: schemas written with typebox give the handlers their types. */
export type Server = FastifyInstance<HttpServer, IncomingMessage, ServerResponse, FastifyBaseLogger, TypeBoxTypeProvider>

/** What kit hangs on the server for plugins and routes. */
export interface Kit {
  name: string
  config: BaseConfig
  health: Health
  metrics: Metrics
  ops: FastifyInstance
  /** Where spans are exported. */
  tracer: Tracer | undefined
}

declare module 'fastify' {
  interface FastifyInstance {
    kit: Kit
  }
}

/** One service: its name, its configuration, and the function that registers its plugins and routes in order. */
export interface ServiceDefinition<C extends BaseConfig = BaseConfig> {
  name: string
  config: Config<C>
  app: (server: Server, config: C) => Promise<void>
  /** A stage of its own, which sees a request before the limits on load do: what it refuses takes no place of theirs. */
  stage?: (server: FastifyInstance, config: C) => Promise<Stage>
  /** Options of the public server that the configuration decides, such as `trustProxy`. */
  options?: (config: C) => Pick<FastifyServerOptions, 'trustProxy'>
}

/** A built service that does not listen yet: inject requests into `server` and `ops`, or let `run` listen. */
export interface Service {
  server: Server
  ops: FastifyInstance
  config: BaseConfig
  health: Health
  close(): Promise<void>
}

/** Infers a definition's types; it does nothing else. */
export function defineService<C extends BaseConfig>(definition: ServiceDefinition<C>): ServiceDefinition<C> {
  return definition
}

/**
 * Builds a service: the configuration checked, the contract's plugins in their order, then the service's own app.
 * @param before called with the bare server, for tools that must see every route (the OpenAPI generator)
 * @throws ConfigError when the environment is not usable
 */
export async function createService<C extends BaseConfig>(
  definition: ServiceDefinition<C>,
  env: Record<string, string | undefined> = process.env,
  before?: (server: Server) => Promise<void>,
): Promise<Service> {
  const config = definition.config.load(env)
  const logger = await createLogger(definition.name, config)
  const health = new Health()
  const metrics = createMetrics()
  const ops = createOps(health, metrics)
  const server: Server = Fastify({ ...serverOptions(), ...definition.options?.(config), logger: false })
  server.log = logger
  server.setValidatorCompiler(strictValidator())
  const tracing = await startTracing(definition.name, config, metrics, logger)
  server.decorate('kit', { name: definition.name, config, health, metrics, ops, tracer: tracing?.tracer })
  await before?.(server)
  const untyped = bare(server)
  const answerUnknown = answerProblems(untyped)
  traceRequests(untyped)
  const whenBodyIsHere = followRequests(untyped, [
    ...(tracing === undefined ? [] : [tracing.tracer.stage()]),
    logRequests(logger, config),
    measureRequests(metrics),
    ageConnections(config, health),
    ...(definition.stage === undefined ? [] : [await definition.stage(untyped, config)]),
    refuseTwoHosts(),
    keepDeadlines(untyped, config),
    await relievePressure(untyped, config, metrics),
  ])
  answerUnknown([whenBodyIsHere])
  await definition.app(server, config)
  server.addHook('onClose', () => health.stop())
  const close = async () => {
    // A reply begun before the drain has promised to keep its connection: it is ended once idle, not when its keep-alive runs out.
    const reaper = setInterval(() => server.server.closeIdleConnections(), 100)
    await server.close().finally(() => clearInterval(reaper))
    await ops.close()
    await tracing?.close(Math.min(flushMs, (config.SHUTDOWN_TIMEOUT_MS - config.DRAIN_DELAY_MS) / 2))
  }
  return { server, ops, config, health, close }
}

/** Longest that spans which still wait hold up the end. */
const flushMs = 1000

/** Loaded by who exports spans and by nobody else: a start-up pays for nothing that is not asked for (docs/decisions/0004-an-exporter-of-our-own.md). */
async function startTracing(name: string, config: BaseConfig, metrics: Metrics, logger: Logger) {
  if (config.OTEL_EXPORTER_OTLP_ENDPOINT === '') return undefined
  const { createTracer } = await import('./tracer.ts')
  return createTracer(name, config, metrics, (err) =>
    err === undefined ? logger.info('spans are exported again') : logger.warn({ err }, 'spans cannot be exported'),
  )
}

/** A limit on everything a client can hold open or make us hold. headersTimeout alone cannot end a slow body, requestTimeout alone lets slow headers sit. */
function serverOptions() {
  return {
    bodyLimit: 65_536,
    keepAliveTimeout: 5000,
    requestTimeout: 10_000,
    http: { headersTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 16_384, requestTimeout: 10_000 },
    return503OnClosing: false,
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: answerClientError,
    routerOptions: { maxParamLength: 100 },
  }
}
