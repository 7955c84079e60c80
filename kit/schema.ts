import type { Type as Whole } from 'typebox'

/**
 * The few builders of typebox that services use, with typebox's own types and the same plain JSON Schema as result. Importing typebox itself
 * loads 370 modules, a quarter of a service's start-up (docs/startup.md); a test compares the two.
 */
type Builders = Pick<
  typeof Whole,
  'String' | 'Integer' | 'Number' | 'Boolean' | 'Null' | 'Literal' | 'Enum' | 'Array' | 'Optional' | 'Union' | 'Object'
>
type Schema = Record<string, unknown>

/** typebox marks an optional property with the same key, so that schemas of both can be mixed. */
const optional = '~optional'
const simple = (type: string) => (options?: Schema) => ({ type, ...options })

function object(properties: Record<string, object>, options?: Schema): Schema {
  const required = Object.keys(properties).filter((name) => !(optional in (properties[name] as object)))
  return { type: 'object', ...(required.length === 0 ? undefined : { required }), properties, ...options }
}

const plain: Record<keyof Builders, (...args: never[]) => object> = {
  String: simple('string'),
  Integer: simple('integer'),
  Number: simple('number'),
  Boolean: simple('boolean'),
  Null: simple('null'),
  Literal: (value: unknown, options?: Schema) => ({ type: typeof value, const: value, ...options }),
  Enum: (values: unknown[], options?: Schema) => ({ enum: values, ...options }),
  Array: (items: object, options?: Schema) => ({ type: 'array', items, ...options }),
  Optional: (schema: object) => Object.defineProperty({ ...schema }, optional, { value: true }),
  Union: (anyOf: object[], options?: Schema) => ({ anyOf, ...options }),
  Object: object,
}

export const Type = plain as Builders
