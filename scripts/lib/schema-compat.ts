import type { Schema } from './openapi-types.ts'

/** Which way a value travels: what a consumer sends must still be taken, what it gets must still be what it knew. */
export type Side = 'input' | 'output'

/**
 * What a consumer of `base` would trip over with `next`, one sentence per cause; empty when nothing breaks.
 * Inputs may become wider and outputs narrower, never the other way round; a new field of an output is no break.
 * @param at where the schema is, for the sentences
 */
export function schemaBreaks(base: Schema, next: Schema, at: string, side: Side): string[] {
  const [wide, narrow] = side === 'input' ? [next, base] : [base, next]
  if (wide.anyOf !== undefined || narrow.anyOf !== undefined) return alternativeBreaks(base, next, at, side)
  return [
    ...typeBreaks(base, next, at, side),
    ...valueBreaks(base, next, at, side),
    ...(side === 'input' ? limitBreaks(base, next, at) : []),
    ...propertyBreaks(base, next, at, side),
    ...(base.items && next.items ? schemaBreaks(base.items, next.items, `${at}[]`, side) : []),
  ]
}

/** Each alternative that may be sent must be one of those that are taken. */
function alternativeBreaks(base: Schema, next: Schema, at: string, side: Side): string[] {
  const [bases, nexts] = [base.anyOf ?? [base], next.anyOf ?? [next]]
  const [senders, takers] = side === 'input' ? [bases, nexts] : [nexts, bases]
  const fits = (sender: Schema, taker: Schema) =>
    (side === 'input' ? schemaBreaks(sender, taker, at, side) : schemaBreaks(taker, sender, at, side)).length === 0
  const odd = senders.filter((sender) => !takers.some((taker) => fits(sender, taker)))
  return odd.map((sender) =>
    side === 'input' ? `${at}: ${shown(sender)} is no longer accepted` : `${at}: ${shown(sender)} may be answered now`,
  )
}

function typeBreaks(base: Schema, next: Schema, at: string, side: Side): string[] {
  const [senders, takers] = side === 'input' ? [typesOf(base), typesOf(next)] : [typesOf(next), typesOf(base)]
  if (takers === undefined) return []
  const taken = (type: string) => takers.includes(type) || (type === 'integer' && takers.includes('number'))
  if (senders?.every(taken)) return []
  return [`${at}: type was ${typesOf(base) ?? 'any'}, is ${typesOf(next) ?? 'any'}`]
}

function valueBreaks(base: Schema, next: Schema, at: string, side: Side): string[] {
  const [senders, takers] = side === 'input' ? [valuesOf(base), valuesOf(next)] : [valuesOf(next), valuesOf(base)]
  if (takers === undefined || senders?.every((value) => takers.includes(value))) return []
  return [`${at}: values were ${valuesOf(base) ?? 'any'}, are ${valuesOf(next) ?? 'any'}`]
}

function limitBreaks(base: Schema, next: Schema, at: string): string[] {
  const breaks: string[] = []
  for (const key of ['minimum', 'minLength', 'minItems'] as const)
    if (next[key] !== undefined && next[key] > (base[key] ?? Number.NEGATIVE_INFINITY)) breaks.push(key)
  for (const key of ['maximum', 'maxLength', 'maxItems'] as const)
    if (next[key] !== undefined && next[key] < (base[key] ?? Number.POSITIVE_INFINITY)) breaks.push(key)
  // Whether one pattern takes all that another does cannot be told by looking: any other one counts as narrower.
  for (const key of ['pattern', 'format'] as const) if (next[key] !== undefined && next[key] !== base[key]) breaks.push(key)
  return breaks.map((key) => `${at}: ${key} was ${base[key as keyof Schema] ?? 'none'}, is ${next[key as keyof Schema]}`)
}

function propertyBreaks(base: Schema, next: Schema, at: string, side: Side): string[] {
  const breaks: string[] = []
  const [senders, takers] = side === 'input' ? [base, next] : [next, base]
  for (const name of takers.required ?? []) {
    const gone = next.properties?.[name] === undefined
    if (senders.required?.includes(name) || gone) continue
    breaks.push(side === 'input' ? `${at}/${name} is newly required` : `${at}/${name} may be missing now`)
  }
  for (const [name, schema] of Object.entries(base.properties ?? {})) {
    const now = next.properties?.[name]
    if (now !== undefined) breaks.push(...schemaBreaks(schema, now, `${at}/${name}`, side))
    else if (side === 'output') breaks.push(`${at}/${name} is gone`)
    else if (next.additionalProperties === false) breaks.push(`${at}/${name} is no longer accepted`)
  }
  if (side === 'input' && next.additionalProperties === false && base.additionalProperties !== false && base.properties)
    breaks.push(`${at}: unknown properties are no longer accepted`)
  return breaks
}

function typesOf({ type }: Schema): string[] | undefined {
  return type === undefined ? undefined : [type].flat()
}

function valuesOf({ enum: values, const: value }: Schema): unknown[] | undefined {
  return values ?? (value === undefined ? undefined : [value])
}

function shown(schema: Schema): string {
  return String(valuesOf(schema) ?? typesOf(schema) ?? 'any')
}
