/**
 * The store as a Kubernetes API on 127.0.0.1: enough for client-node's informers, `kubectl get`, `describe`, `scale` and `delete`.
 *
 *   const api = await serveKube(store, { port: 0 })
 *   api.url                                      // http://127.0.0.1:41234, no credentials
 *   await writeFile(file, api.kubeconfig)        // for KUBECONFIG
 *   await api.close()
 */
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { discovery } from './discovery.ts'
import { ApiError, statusBody } from './errors.ts'
import type { KubeFaults } from './faults.ts'
import { create, type Door, patch, read, remove, replace, shown } from './handlers.ts'
import { kubeconfigFor } from './kubeconfig.ts'
import { apiVersionOf, basePathOf, RESOURCES, type Resource } from './resources.ts'
import { fieldMatcher, labelMatcher } from './selectors.ts'
import type { Store } from './store.ts'
import { streamWatch } from './stream.ts'
import { tableOf } from './table.ts'
import type { KubeObject } from './types.ts'

export interface KubeOptions {
  /** 0 lets the system choose. */
  port?: number
  /** How often a watch that asked for bookmarks gets one. Default 15000. */
  bookmarkIntervalMs?: number
  /** The namespace the kubeconfig points at. Default `default`. */
  namespace?: string
  /** What is wrong with it, and how often it was asked. */
  faults?: KubeFaults
}

export interface KubeApi {
  url: string
  kubeconfig: string
  close: () => Promise<void>
}

const HOST = '127.0.0.1'
const BODY_BYTES_MAX = 1024 * 1024

/** Starts the API. Rejects when the port cannot be had. */
export async function serveKube(store: Store, options: KubeOptions = {}): Promise<KubeApi> {
  const { port = 0, bookmarkIntervalMs = 15_000, namespace = 'default', faults } = options
  const app = buildKube(store, bookmarkIntervalMs, faults)
  await app.listen({ host: HOST, port })
  const url = `http://${HOST}:${(app.server.address() as AddressInfo).port}`
  return { url, kubeconfig: kubeconfigFor(url, namespace), close: () => app.close() }
}

/** The API without a port, for `inject`. */
export function buildKube(store: Store, bookmarkIntervalMs = 15_000, faults?: KubeFaults): FastifyInstance {
  // Watches never end by themselves: closing must not wait for them.
  const app = Fastify({ bodyLimit: BODY_BYTES_MAX, forceCloseConnections: true, return503OnClosing: false })
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, app.getDefaultJsonParser('error', 'error'))
  app.addHook('onRequest', refuseForeignHosts)
  faults?.install(app)
  app.setErrorHandler<Error & { statusCode?: number }>(async (error, _request, reply) => {
    const [code, reason] = error instanceof ApiError ? [error.code, error.reason] : [error.statusCode ?? 500, reasonOf(error.statusCode)]
    return reply.code(code).send(statusBody(code, reason, error.message))
  })
  app.setNotFoundHandler(async (_request, reply) =>
    reply.code(404).send(statusBody(404, 'NotFound', 'the server could not find the requested resource')),
  )
  for (const [path, answer] of discovery()) app.get(path, async () => answer)
  for (const path of ['/healthz', '/livez', '/readyz']) app.get(path, async () => 'ok')
  for (const resource of RESOURCES) addResource(app, store, resource, bookmarkIntervalMs)
  return app
}

/** A page in a browser may not reach this port under a name of its own (DNS rebinding). */
async function refuseForeignHosts({ hostname }: FastifyRequest): Promise<void> {
  if (hostname !== HOST && hostname !== 'localhost') throw new ApiError(403, 'Forbidden', `this API answers to ${HOST} and localhost alone`)
}

function reasonOf(statusCode: number | undefined): string {
  if (statusCode === 415) return 'UnsupportedMediaType'
  if (statusCode === 413) return 'RequestEntityTooLarge'
  return statusCode !== undefined && statusCode < 500 ? 'BadRequest' : 'InternalError'
}

interface Params {
  namespace: string
  name: string
}

interface ListQuery {
  watch?: string
  resourceVersion?: string
  labelSelector?: string
  fieldSelector?: string
  allowWatchBookmarks?: string
  sendInitialEvents?: string
  timeoutSeconds?: string
}

function addResource(app: FastifyInstance, store: Store, resource: Resource, bookmarkIntervalMs: number): void {
  const base = basePathOf(resource)
  const collection = `${base}/namespaces/:namespace/${resource.plural}`
  const list = (request: FastifyRequest<{ Params: Partial<Params>; Querystring: ListQuery }>, reply: FastifyReply) =>
    listOrWatch(store, resource, request, reply, bookmarkIntervalMs)
  app.get(`${base}/${resource.plural}`, list)
  app.get(collection, list)
  addDoor(app, store, resource, `${collection}/:name`, 'main')
  if (resource.hasStatus) addDoor(app, store, resource, `${collection}/:name/status`, 'status')
  if (resource.scale) addDoor(app, store, resource, `${collection}/:name/scale`, 'scale')
  if (!resource.verbs.includes('create')) return
  app.post<{ Params: Params }>(collection, async (request, reply) =>
    reply.code(201).send(create(store, resource, request.params.namespace, request.body)),
  )
  app.delete<{ Params: Params; Body: { gracePeriodSeconds?: number } | undefined; Querystring: { gracePeriodSeconds?: string } }>(
    `${collection}/:name`,
    async ({ params, body, query }) => remove(store, resource, params, body?.gracePeriodSeconds ?? seconds(query.gracePeriodSeconds)),
  )
}

function addDoor(app: FastifyInstance, store: Store, resource: Resource, path: string, door: Door): void {
  app.get<{ Params: Params }>(path, async ({ params, headers }) => {
    const object = read(store, resource, params, door)
    return wantsTable(headers.accept) && door === 'main'
      ? tableOf(resource, [store.get(resource.stored, params.namespace, params.name) as KubeObject], store.resourceVersion, Date.now())
      : object
  })
  if (!resource.verbs.includes('update')) return
  app.put<{ Params: Params }>(path, async ({ params, body }) => replace(store, resource, params, body, door))
  app.patch<{ Params: Params }>(path, async ({ params, body, headers }) => {
    // Other patch types would be applied wrongly in silence; a refusal names the one that works.
    if (!headers['content-type']?.startsWith('application/merge-patch+json')) {
      throw new ApiError(415, 'UnsupportedMediaType', 'only application/merge-patch+json patches are supported')
    }
    return patch(store, resource, params, body, door)
  })
}

async function listOrWatch(
  store: Store,
  resource: Resource,
  request: FastifyRequest<{ Params: Partial<Params>; Querystring: ListQuery }>,
  reply: FastifyReply,
  bookmarkIntervalMs: number,
): Promise<object> {
  const { params, query, headers } = request
  const [labels, fields] = [labelMatcher(query.labelSelector), fieldMatcher(query.fieldSelector)]
  const matches = (object: KubeObject) => labels(object) && fields(resource.show?.(object) ?? object)
  const kind = { apiVersion: apiVersionOf(resource), kind: resource.kind }
  const asTable = wantsTable(headers.accept)
  if (query.watch !== 'true' && query.watch !== '1') {
    const { items, resourceVersion } = store.list(resource.stored, { namespace: params.namespace, matches })
    if (asTable) return tableOf(resource, items, resourceVersion, Date.now())
    return {
      ...kind,
      kind: `${resource.kind}List`,
      metadata: { resourceVersion },
      items: items.map((item) => shown(resource, item, 'main')),
    }
  }
  if (!resource.verbs.includes('watch')) throw new ApiError(405, 'MethodNotAllowed', `${resource.plural} cannot be watched`)
  // Version 0 or none means "from whatever you have", which begins with what there is.
  const fromNow = query.resourceVersion === undefined || query.resourceVersion === '' || query.resourceVersion === '0'
  const markInitialEventsEnd = query.sendInitialEvents === 'true'
  reply.hijack()
  streamWatch(store, resource.stored, reply.raw, {
    ...(!fromNow && { fromResourceVersion: query.resourceVersion }),
    namespace: params.namespace,
    matches,
    sendInitialEvents: fromNow || markInitialEventsEnd,
    markInitialEventsEnd,
    bookmarks: query.allowWatchBookmarks === 'true',
    bookmarkIntervalMs,
    timeoutSeconds: seconds(query.timeoutSeconds),
    render: (object) => (asTable ? tableOf(resource, [object], store.resourceVersion, Date.now()) : shown(resource, object, 'main')),
    kind,
  })
  return reply
}

function wantsTable(accept: string | undefined): boolean {
  return accept?.includes('as=Table') ?? false
}

function seconds(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = Number(text)
  if (!Number.isInteger(value) || value < 0) throw new ApiError(400, 'BadRequest', `"${text}" is not a number of seconds`)
  return value
}
