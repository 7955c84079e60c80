import { Ajv } from 'ajv'
import t from 'tap'
import { Type as Whole } from 'typebox'
import { Type } from '../schema.ts'

/** One schema of every builder, alone and nested, as `T` builds them. */
function samples(T: typeof Type): Record<string, object> {
  const line = T.Object({ sku: T.String({ minLength: 1 }), note: T.Optional(T.String()) }, { additionalProperties: false })
  return {
    string: T.String(),
    'string with options': T.String({ format: 'uuid', maxLength: 36, description: 'id' }),
    integer: T.Integer({ minimum: 1, maximum: 4, default: 1 }),
    number: T.Number({ exclusiveMinimum: 0 }),
    boolean: T.Boolean({ default: false }),
    null: T.Null(),
    'literal string': T.Literal('confirmed'),
    'literal number': T.Literal(7, { description: 'lucky' }),
    'literal boolean': T.Literal(true),
    enum: T.Enum(['held', 'confirmed'], { default: 'held' }),
    array: T.Array(T.Integer(), { minItems: 1, maxItems: 100 }),
    optional: T.Optional(T.Integer({ minimum: 1 })),
    union: T.Union([T.Integer(), T.Null()], { description: 'unknown when null' }),
    object: line,
    'object without properties': T.Object({}),
    'object with optional properties only': T.Object({ a: T.Optional(T.String()), b: T.Optional(T.Union([T.String(), T.Null()])) }),
    nested: T.Object(
      { id: T.String(), lines: T.Array(line), first: T.Optional(line), state: T.Optional(T.Enum(['a'])) },
      { title: 'Order' },
    ),
  }
}

const ours = samples(Type)
const theirs = samples(Whole as typeof Type)

t.test("every builder gives typebox's JSON Schema", async (t) => {
  t.equal(Object.keys(ours).length, 17)
  for (const [name, schema] of Object.entries(ours)) t.equal(JSON.stringify(schema), JSON.stringify(theirs[name]), name)
})

t.test('every builder of the two is compared', async (t) => {
  const used = new Set<string>()
  samples(
    new Proxy(Type, {
      get(target, name, receiver) {
        used.add(String(name))
        return Reflect.get(target, name, receiver)
      },
    }),
  )
  t.strictSame([...used].sort(), Object.keys(Type).sort())
})

t.test('properties marked optional by either one are optional to the other', async (t) => {
  const ofOurs = Whole.Object({ a: Type.Optional(Type.String()), b: Type.String() })
  const ofTheirs = Type.Object({ a: Whole.Optional(Whole.String()), b: Whole.String() })
  t.strictSame(ofOurs.required, ['b'])
  t.equal(JSON.stringify(ofTheirs), JSON.stringify(ofOurs))
})

t.test('making a schema optional leaves the schema itself required', async (t) => {
  const text = Type.String()
  Type.Optional(text)
  t.strictSame(Type.Object({ text }).required, ['text'])
})

t.test('the mark is invisible to a strict validator and to a copy of the schema', async (t) => {
  const validate = new Ajv({ strict: true }).compile(ours.nested as object)
  t.ok(validate({ id: 'x', lines: [{ sku: 's' }] }))
  t.notOk(validate({ id: 'x', lines: [{ sku: 's', extra: 1 }] }), 'options of inner schemas hold')
  t.notOk(validate({ lines: [] }), 'what is not optional is required')
  t.strictSame(Object.keys(ours.optional as object), ['type', 'minimum'])
})
