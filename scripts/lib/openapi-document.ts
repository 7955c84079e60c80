import { STATUS_CODES } from 'node:http'
import swagger from '@fastify/swagger'
import { catalogue, ProblemSchema } from '@headroom/kit/errors'
import { createService, type Server } from '@headroom/kit/service'
import type { RouteOptions } from 'fastify'
import { generatedNote } from './generated.ts'
import type { Document, Operation } from './openapi-types.ts'
import { loadService, type ProblemEntry, placeholderEnv, problemsOf, versionOf } from './services.ts'

const common: ProblemEntry[] = Object.entries(catalogue).map(([code, [status, title]]) => ({ code, status, title }))

/** The OpenAPI document of one service, from the schemas of its routes and the problems they name. */
export async function documentOf(name: string): Promise<Document> {
  const definition = await loadService(name)
  const entries = new Map([...common, ...(await problemsOf(name))].map((entry) => [entry.code, entry]))
  const routes = new Map<string, RouteOptions>()
  const service = await createService(definition, placeholderEnv(definition), async (server: Server) => {
    server.addHook('onRoute', (route) => {
      for (const method of [route.method].flat()) routes.set(`${method.toLowerCase()} ${pathOf(route.url)}`, route)
    })
    await server.register(swagger, {
      openapi: { openapi: '3.1.0', info: { title: name, version: versionOf(name), description: generatedNote } },
    })
  })
  try {
    await service.server.ready()
    const document = JSON.parse(JSON.stringify(service.server.swagger())) as Document
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, operation] of Object.entries(methods)) {
        const route = routes.get(`${method} ${path}`)
        if (route === undefined) throw new Error(`${name}: no route for ${method} ${path}`)
        describeProblems(operation, codesOf(route), entries, `${name} ${method.toUpperCase()} ${path}`)
      }
    const { openapi, info, paths } = document
    return { openapi, info, paths: sorted(paths), components: { schemas: { Problem: sorted(JSON.parse(JSON.stringify(ProblemSchema))) } } }
  } finally {
    await service.close()
  }
}

/** Fastify's `/a/:b` as OpenAPI's `/a/{b}`. */
function pathOf(url: string): string {
  return url.replace(/:([^/]+)/g, '{$1}')
}

/** Codes of a route: those it names, and those kit answers for any route of its kind. */
function codesOf({ schema, config }: RouteOptions): string[] {
  return [
    ...(config?.problems ?? []),
    ...['validation_failed', 'internal_error', 'overloaded', 'deadline_exceeded'],
    ...(schema?.body === undefined ? [] : ['malformed_request', 'body_too_large', 'unsupported_media_type']),
    ...(schema?.params === undefined ? [] : ['uri_too_long']),
  ]
}

/** Replaces whatever a route says of errors by one response per status, with the codes that it stands for. */
function describeProblems(operation: Operation, codes: string[], entries: Map<string, ProblemEntry>, where: string): void {
  for (const [status, response] of Object.entries(operation.responses)) {
    if (!/^[23]/.test(status)) delete operation.responses[status]
    else if (response.description === 'Default Response') response.description = STATUS_CODES[status] ?? status
  }
  const known = [...new Set(codes)].map((code) => {
    const entry = entries.get(code)
    if (entry === undefined) throw new Error(`${where} names the problem ${code}, which is in no catalogue: add it to lib/problems.ts`)
    return entry
  })
  for (const [status, group] of Map.groupBy(known, ({ status }) => status)) {
    const list = group.toSorted((a, b) => (a.code < b.code ? -1 : 1))
    operation.responses[status] = {
      description: list.map(({ code, title }) => `${code}: ${title}`).join('. '),
      content: {
        'application/problem+json': {
          schema: { $ref: '#/components/schemas/Problem', properties: { code: { enum: list.map(({ code }) => code) } } },
        },
      },
      ...(status === 429 || status === 503 ? { headers: retryAfter } : undefined),
    }
  }
}

const retryAfter = { 'Retry-After': { description: 'Seconds until a retry makes sense.', schema: { type: 'integer' } } }

/** The same value with the keys of every object in order, so that a document changes only when its meaning does. */
export function sorted<T>(value: T): T {
  if (Array.isArray(value)) return value.map((item) => sorted(item)) as T
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)])) as T
}
