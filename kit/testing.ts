import type { BaseConfig } from './config.ts'
import { createService, type Service, type ServiceDefinition } from './service.ts'

/** The part of a tap test that `build` needs. */
interface Teardown {
  teardown(close: () => Promise<void>): unknown
}

/**
 * A ready service for one test, closed when the test ends. Nothing listens: use `service.server.inject` and `service.ops.inject`.
 * @param env over LOG_LEVEL=silent
 */
export async function build<C extends BaseConfig>(
  t: Teardown,
  definition: ServiceDefinition<C>,
  env: Record<string, string> = {},
): Promise<Service> {
  const service = await createService(definition, { LOG_LEVEL: 'silent', ...env })
  t.teardown(() => service.close())
  await service.server.ready()
  await service.ops.ready()
  return service
}
