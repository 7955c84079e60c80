import { Ajv } from 'ajv'
import { codesIn } from '../../scripts/lib/openapi-compat.ts'
import type { Document, Operation, Schema } from '../../scripts/lib/openapi-types.ts'
import { schemaBreaks } from '../../scripts/lib/schema-compat.ts'

/** One call a service makes, and what it reads of the answers. */
export interface Expectation {
  provider: string
  /** Such as `POST /holds/{id}/confirm`. */
  call: string
  /** An example of what it sends. */
  params?: Record<string, string>
  headers?: Record<string, string>
  body?: object
  /** By status, what it reads; null where the status says it all. */
  reads: Record<number, object | null>
  /** By status, the problem codes it handles by name. */
  codes?: Record<number, string[]>
}

/** How a provider's document fails an expectation, one sentence per cause. */
export function disappointments({ call, params, headers, body, reads, codes = {} }: Expectation, provider: Document): string[] {
  const [method = '', path = ''] = call.split(' ')
  const operation = provider.paths[path]?.[method.toLowerCase()]
  if (operation === undefined) return [`${call} is not offered`]
  return [
    ...sentBreaks(operation, { ...params, ...headers }, body, call),
    ...Object.entries(reads).flatMap(([status, needed]) => readBreaks(operation, status, needed, call)),
    ...Object.entries(codes).flatMap(([status, list]) => {
      const offered = codesIn(operation.responses[status]?.content ?? {})
      return list.filter((code) => !offered.includes(code)).map((code) => `${call} ${status} ${code} is not documented`)
    }),
  ]
}

function sentBreaks(operation: Operation, given: Record<string, string>, body: object | undefined, call: string): string[] {
  const breaks: string[] = []
  for (const { name, required, schema } of operation.parameters ?? []) {
    if (given[name] === undefined && required) breaks.push(`${call} wants ${name}, which is not sent`)
    else if (given[name] !== undefined && !valid(schema, given[name])) breaks.push(`${call} refuses ${name} ${given[name]}`)
  }
  const wanted = operation.requestBody?.content['application/json']?.schema
  if (wanted === undefined && body !== undefined) breaks.push(`${call} takes no body`)
  if (wanted !== undefined && !valid(wanted, body)) breaks.push(`${call} refuses ${JSON.stringify(body)}`)
  return breaks
}

function readBreaks(operation: Operation, status: string, needed: object | null, call: string): string[] {
  const response = operation.responses[status]
  if (response === undefined) return [`${call} ${status} is not documented`]
  if (needed === null) return []
  const offered = response.content?.['application/json']?.schema
  if (offered === undefined) return [`${call} ${status} answers no JSON`]
  return schemaBreaks(JSON.parse(JSON.stringify(needed)) as Schema, offered, `${call} ${status}`, 'output')
}

function valid(schema: Schema, value: unknown): boolean {
  return new Ajv({ strict: false }).validate(schema, value)
}
