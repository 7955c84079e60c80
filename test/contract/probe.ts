import { createService, type Server, type Service } from '@headroom/kit/service'
import { Type } from 'typebox'
import { loadService, placeholderEnv } from '../../scripts/lib/services.ts'

/** A service with three routes of the test's own beside its own, so that what every service promises can be asked of each in the same words. */
export interface Probed {
  service: Service
  /** Lets the requests that `/probe/wait` keeps go. */
  release(): void
}

/**
 * Builds a service as its main.ts would, without listening.
 * @param env over placeholders for what the configuration requires
 */
export async function probe(
  t: { teardown(close: () => Promise<void>): unknown },
  name: string,
  env: Record<string, string> = {},
): Promise<Probed> {
  let release = () => {}
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const definition = await loadService(name)
  const service = await createService(definition, { ...placeholderEnv(definition), ...env }, async (server: Server) => {
    server.get('/probe/context', async (request) => ({
      traceparent: request.traceparent,
      remainingMs: request.deadlineAt - performance.now(),
    }))
    server.get('/probe/wait', async () => {
      await released
      return {}
    })
    server.post(
      '/probe/body/:id',
      {
        schema: {
          params: Type.Object({ id: Type.String({ pattern: '^[a-z]+$' }) }),
          body: Type.Object({ quantity: Type.Integer() }, { additionalProperties: false }),
        },
      },
      async (request) => request.body,
    )
    server.get('/probe/fail', async () => {
      throw new Error('SELECT secret FROM accounts')
    })
  })
  t.teardown(async () => {
    release()
    await service.close()
  })
  await service.server.ready()
  await service.ops.ready()
  return { service, release }
}
