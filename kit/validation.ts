import { Ajv } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'

const shared = { useDefaults: true, removeAdditional: false, allErrors: false } as const

/**
 * Bodies, parameters and headers are taken as they are: nothing is coerced, nothing unknown is dropped in silence
 * (Ajv's defaults under Fastify accept `{"qty": "3"}` and delete what they do not know). Query strings are text, so they are coerced.
 */
export function strictValidator(): FastifySchemaCompiler<object> {
  const strict = new Ajv({ ...shared, coerceTypes: false })
  const coercing = new Ajv({ ...shared, coerceTypes: 'array' })
  return ({ schema, httpPart }) => (httpPart === 'querystring' ? coercing : strict).compile(schema)
}
