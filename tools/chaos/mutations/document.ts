import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'

/** The part of JSON Schema that decides what a valid value looks like. */
export interface Schema {
  type?: string
  enum?: unknown[]
  const?: unknown
  properties?: Record<string, Schema>
  items?: Schema
  pattern?: string
  minimum?: number
}

/** One thing a service offers, as its OpenAPI document describes it. */
export interface Operation {
  method: string
  /** With {parameters}. */
  path: string
  body: Schema | undefined
  takesKey: boolean
  /** What the document says of a reply; undefined for a status it does not name. */
  validatorOf(status: number): ValidateFunction | 'empty' | undefined
}

interface DocumentedOperation {
  parameters?: { in: string; name: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { content?: Record<string, unknown> }>
}

/** Every operation of a service's committed document but the streams, whose replies have no end to wait for. */
export function operationsOf(service: string): Operation[] {
  const file = new URL(`../../../services/${service}/openapi.json`, import.meta.url)
  const document = JSON.parse(readFileSync(file, 'utf8')) as { paths: Record<string, Record<string, DocumentedOperation>> }
  const ajv = new Ajv({ strict: false, validateFormats: false }).addSchema(document, service)
  return Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(ends)
      .map(([method, { parameters = [], requestBody, responses }]) => ({
        method: method.toUpperCase(),
        path,
        body: requestBody?.content['application/json']?.schema,
        takesKey: parameters.some(({ name }) => name === 'idempotency-key'),
        validatorOf(status: number) {
          const type = Object.keys(responses[status]?.content ?? {})[0]
          if (responses[status] === undefined) return undefined
          if (type === undefined || !/[/+]json\b/.test(type)) return 'empty'
          const pointer = ['paths', path, method, 'responses', String(status), 'content', type, 'schema'].map(escaped).join('/')
          return ajv.getSchema(`${service}#/${pointer}`) ?? 'empty'
        },
      })),
  )
}

function ends([, { responses }]: [string, DocumentedOperation]): boolean {
  return Object.values(responses).every(({ content = {} }) => content['text/event-stream'] === undefined)
}

/** https://www.rfc-editor.org/rfc/rfc6901#section-3, and percent-encoded for a URI fragment. */
function escaped(part: string): string {
  return encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'))
}
