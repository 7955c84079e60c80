import type { Parameter, Schema } from './values.ts'

/**
 * The JSON Schema of a chart's values, closed to keys that values.yaml does not have, so that a typo is refused by its path.
 * @param aliases keys that are values of a dependency, which has a schema of its own
 */
export function schemaOf(parameters: Parameter[], title: string, aliases: ReadonlySet<string>): Schema {
  const properties = Object.fromEntries(
    parameters.map((parameter) => [
      parameter.key,
      aliases.has(parameter.key) ? { type: 'object', description: parameter.description } : propertyOf(parameter),
    ]),
  )
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Generated from values.yaml by `npm run generate`: do not edit.',
    title,
    type: 'object',
    additionalProperties: false,
    // Helm adds this one to every dependency's values.
    properties: 'global' in properties ? properties : { ...properties, global: { type: 'object' } },
  }
}

function propertyOf({ description, hint, fallback, children }: Parameter): Schema {
  const type = typeOf(fallback)
  const schema: Schema = description ? { type, description } : { type }
  if (type !== 'object') return { ...schema, ...hint }
  if (children.length === 0) return { ...schema, additionalProperties: false, ...hint }
  return {
    ...schema,
    additionalProperties: false,
    ...hint,
    properties: Object.fromEntries(children.map((child) => [child.key, propertyOf(child)])),
  }
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return 'array'
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number'
  return value === null || value === undefined ? 'null' : typeof value
}
