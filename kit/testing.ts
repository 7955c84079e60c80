import { setTimeout as delay } from 'node:timers/promises'
import type { BaseConfig } from './config.ts'
import { createService, type Service, type ServiceDefinition } from './service.ts'

const insistPauseMs = 20

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

/** The part of an injected request's reply that `insist` reads. */
interface Reply {
  statusCode: number
  json(): { code?: unknown }
}

/**
 * Sends an idempotent request again while the service is too busy for it, as its callers do: how much it sheds depends on the machine.
 * Every other reply is given back at once, another 503 too; so is the last one, whatever it is.
 * @param attempts the most that are sent, by default for ten seconds
 */
export async function insist<R extends Reply>(send: () => PromiseLike<R>, attempts = 500): Promise<R> {
  for (let attempt = 1; ; attempt++) {
    const reply = await send()
    const isOverloaded = reply.statusCode === 503 && reply.json().code === 'overloaded'
    if (!isOverloaded || attempt >= attempts) return reply
    await delay(insistPauseMs)
  }
}
