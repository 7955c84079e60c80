import { Ajv } from 'ajv'
import type { FastifySchemaCompiler } from 'fastify'

// typebox builds the schemas; checking them against the draft's own schema would compile that one first, at every start.
const shared = { useDefaults: true, removeAdditional: false, allErrors: false, validateSchema: false, meta: false } as const

/**
 * Bodies, parameters and headers are taken as they are: nothing is coerced, nothing unknown is dropped in silence
 * (Ajv's defaults under Fastify accept `{"qty": "3"}` and delete what they do not know). Query strings are text, so they are coerced.
 */
export function strictValidator(): FastifySchemaCompiler<object> {
  let strict: Ajv | undefined
  let coercing: Ajv | undefined
  return ({ schema, httpPart }) => {
    if (httpPart === 'querystring') {
      coercing ??= new Ajv({ ...shared, coerceTypes: 'array' })
      return coercing.compile(schema)
    }
    strict ??= new Ajv({ ...shared, coerceTypes: false })
    return strict.compile(schema)
  }
}
