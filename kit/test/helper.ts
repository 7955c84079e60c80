import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { defineConfig } from '../config.ts'
import { createService, defineService, type Server, type Service, type ServiceDefinition } from '../service.ts'
import { build } from '../testing.ts'

interface Teardown {
  teardown(close: () => Promise<void> | void): unknown
}

export type App = (server: Server) => Promise<void> | void

/** A service with nothing but the given routes. */
export function definition(app: App): ServiceDefinition {
  return defineService({ name: 'sample', config: defineConfig({}), app: async (server) => await app(server) })
}

/** For `inject`. */
export function built(t: Teardown, app: App, env: Record<string, string> = {}): Promise<Service> {
  return build(t, definition(app), env)
}

/** Listening on a port of the system's choice; kept-alive connections are not waited for at the end. */
export async function listening(
  t: Teardown,
  app: App,
  env: Record<string, string> = {},
): Promise<{ service: Service; url: string; port: number }> {
  const service = await createService(definition(app), { LOG_LEVEL: 'silent', ...env })
  const url = await service.server.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    service.server.server.closeAllConnections()
    await service.close()
  })
  return { service, url, port: (service.server.server.address() as AddressInfo).port }
}

/** The value of one series at this moment; NaN when there is none. */
export async function metric(service: Service, series: string): Promise<number> {
  const { body: text } = await service.ops.inject('/metrics')
  return Number(
    text
      .split('\n')
      .find((line) => line.startsWith(`${series} `))
      ?.slice(series.length + 1) ?? Number.NaN,
  )
}

/** A raw connection: what was received so far, and its end. */
export async function dial(t: Teardown, port: number): Promise<{ socket: Socket; text: () => string; closed: Promise<number> }> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let received = ''
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    received += chunk
  })
  socket.on('error', () => {})
  const closed = new Promise<number>((resolve) => socket.once('close', () => resolve(performance.now())))
  t.teardown(() => void socket.destroy())
  await once(socket, 'connect')
  return { socket, text: () => received, closed }
}

/** Resolves when the condition holds; throws after `timeoutMs`. */
export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 5000): Promise<void> {
  for (const giveUpAt = performance.now() + timeoutMs; !(await condition()); ) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${timeoutMs} ms: ${condition}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
