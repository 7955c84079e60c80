import type { Content, Document, Operation, Parameter, Schema } from './openapi-types.ts'
import { type Side, schemaBreaks } from './schema-compat.ts'

/**
 * What consumers written against `base` would trip over with `next`, one sentence per cause.
 * Breaks are a removed path, method, parameter, status, media type, field or problem code; a new required input; a changed type;
 * narrower inputs (values, limits, patterns); outputs with values, statuses or nulls that consumers do not know.
 */
export function documentBreaks(base: Document, next: Document): string[] {
  const breaks: string[] = []
  for (const [path, methods] of Object.entries(base.paths))
    for (const [method, operation] of Object.entries(methods)) {
      const at = `${method.toUpperCase()} ${path}`
      const now = next.paths[path]?.[method]
      if (now === undefined) breaks.push(`${at} is gone`)
      else breaks.push(...operationBreaks(operation, now, at))
    }
  return breaks
}

function operationBreaks(base: Operation, next: Operation, at: string): string[] {
  return [
    ...parameterBreaks(base.parameters ?? [], next.parameters ?? [], at),
    ...bodyBreaks(base, next, at),
    ...responseBreaks(base, next, at),
  ]
}

function parameterBreaks(base: Parameter[], next: Parameter[], at: string): string[] {
  const nameOf = (parameter: Parameter) => `${at} ${parameter.in} ${parameter.name}`
  const before = new Map(base.map((parameter) => [nameOf(parameter), parameter]))
  const after = new Map(next.map((parameter) => [nameOf(parameter), parameter]))
  const breaks: string[] = []
  for (const [name, { schema, required }] of after) {
    const old = before.get(name)
    if (required && !old?.required) breaks.push(`${name} is newly required`)
    if (old !== undefined) breaks.push(...schemaBreaks(old.schema, schema, name, 'input'))
  }
  for (const name of before.keys()) if (!after.has(name)) breaks.push(`${name} is gone`)
  return breaks
}

function bodyBreaks({ requestBody: base }: Operation, { requestBody: next }: Operation, at: string): string[] {
  if (base === undefined) return next?.required ? [`${at} body is newly required`] : []
  if (next === undefined) return [`${at} body is no longer accepted`]
  return [
    ...(next.required && !base.required ? [`${at} body is newly required`] : []),
    ...contentBreaks(base.content, next.content, `${at} body`, 'input'),
  ]
}

function responseBreaks(base: Operation, next: Operation, at: string): string[] {
  const breaks: string[] = []
  for (const [status, { content = {} }] of Object.entries(base.responses)) {
    const now = next.responses[status]
    if (now === undefined) breaks.push(`${at} ${status} is gone`)
    else if (isProblem(status)) breaks.push(...codeBreaks(content, now.content ?? {}, `${at} ${status}`))
    else breaks.push(...contentBreaks(content, now.content ?? {}, `${at} ${status}`, 'output'))
  }
  for (const status of Object.keys(next.responses))
    if (!isProblem(status) && base.responses[status] === undefined) breaks.push(`${at} ${status} may be answered now`)
  return breaks
}

/** A new problem code or status is handled like any other error; one that a consumer handles by name must not vanish. */
function codeBreaks(base: Content, next: Content, at: string): string[] {
  const after = new Set(codesIn(next))
  return codesIn(base)
    .filter((code) => !after.has(code))
    .map((code) => `${at} ${code} is gone`)
}

function contentBreaks(base: Content, next: Content, at: string, side: Side): string[] {
  return Object.entries(base).flatMap(([type, { schema }]) => {
    const now: { schema: Schema } | undefined = next[type]
    return now === undefined ? [`${at} ${type} is gone`] : schemaBreaks(schema, now.schema, at, side)
  })
}

/** Codes of the problem documents of a response. */
export function codesIn(content: Content): string[] {
  return Object.values(content).flatMap(({ schema }) => (schema.properties?.code?.enum ?? []) as string[])
}

function isProblem(status: string): boolean {
  return status >= '400'
}
