import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import closeWithGrace from 'close-with-grace'
import { type BaseConfig, ConfigError, exitCodeConfig } from './config.ts'
import { createService, type Service, type ServiceDefinition } from './service.ts'

/**
 * The whole of a service's main.ts: builds it, listens, and leaves well.
 * Exit codes: 0 after SIGTERM or SIGINT, 78 for a configuration that cannot be used, 1 for anything else.
 */
export async function run<C extends BaseConfig>(definition: ServiceDefinition<C>): Promise<void> {
  let service: Service
  try {
    service = await createService(definition)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    process.stderr.write(`${definition.name}: ${error.message}\n`)
    process.exit(exitCodeConfig)
  }
  leaveWell(service)
  try {
    await listen(service)
  } catch (error) {
    process.stderr.write(`${definition.name}: ${explain(error as NodeJS.ErrnoException, service)}\n`)
    process.exit(1)
  }
}

async function listen({ server, ops, config, health }: Service): Promise<void> {
  await ops.listen({ host: config.HOST, port: config.OPS_PORT })
  await server.listen({ host: config.HOST, port: config.PORT })
  const port = (server.server.address() as AddressInfo).port
  const opsPort = (ops.server.address() as AddressInfo).port
  await health.start()
  server.log.info({ port, opsPort, startMs: Math.round(performance.now()) }, 'ready')
}

function explain(error: NodeJS.ErrnoException, { config }: Service): string {
  if (error.code === 'EADDRINUSE')
    return `port in use: ${error.message}. Set PORT (${config.PORT}) or OPS_PORT (${config.OPS_PORT}) to a free one, or 0.`
  if (error.code === 'EACCES') return `${error.message}. Ports below 1024 need privileges: set PORT and OPS_PORT to higher ones.`
  return error.stack ?? error.message
}

/**
 * On SIGTERM: unready, keep serving for DRAIN_DELAY_MS while endpoints are removed, then close and exit 0.
 * The wait is here and not in a preStop hook, so that replies sent meanwhile can say `Connection: close`.
 * SIGINT is a person at a terminal: no wait.
 */
function leaveWell(service: Service): void {
  const { config, server, health } = service
  closeWithGrace({ delay: config.SHUTDOWN_TIMEOUT_MS, logger: server.log }, async ({ signal, err }) => {
    if (err) server.log.fatal({ err }, 'leaving after an unexpected error')
    else server.log.info({ signal }, 'draining')
    health.stop()
    if (signal === 'SIGTERM') await delay(config.DRAIN_DELAY_MS)
    await service.close()
    server.log.info('closed')
  })
}
