import { spawnSync } from 'node:child_process'
import t from 'tap'
import { documentBreaks } from '../scripts/lib/openapi-compat.ts'
import type { Document, Operation, Schema } from '../scripts/lib/openapi-types.ts'
import { root } from '../scripts/lib/services.ts'

/** A small document with one of everything a consumer may rely on. */
function shop(): Document {
  const object = (properties: Record<string, Schema>, required: string[], more: Partial<Schema> = {}): Schema => ({
    type: 'object',
    properties,
    required,
    ...more,
  })
  const order: Operation = {
    parameters: [
      { in: 'path', name: 'id', required: true, schema: { type: 'string', pattern: '^[a-z]+$' } },
      { in: 'query', name: 'verbose', schema: { type: 'boolean' } },
    ],
    requestBody: {
      required: true,
      content: {
        'application/json': {
          schema: object(
            {
              quantity: { type: 'integer', minimum: 1, maximum: 4 },
              kind: { type: 'string', enum: ['a', 'b'] },
              note: { type: 'string', maxLength: 10 },
              tags: { type: 'array', maxItems: 5, items: { type: 'string', minLength: 1 } },
              when: { anyOf: [{ type: 'string' }, { type: 'null' }] },
            },
            ['quantity'],
            { additionalProperties: false },
          ),
        },
      },
    },
    responses: {
      200: {
        description: 'OK',
        content: {
          'application/json': {
            schema: object(
              {
                id: { type: 'string' },
                state: { type: 'string', enum: ['pending', 'confirmed'] },
                cents: { type: 'number' },
                left: { anyOf: [{ type: 'integer' }, { type: 'null' }] },
                tiers: { type: 'array', items: object({ name: { type: 'string' } }, ['name']) },
              },
              ['id', 'state', 'tiers'],
            ),
          },
        },
      },
      409: {
        description: 'no',
        content: { 'application/problem+json': { schema: { properties: { code: { enum: ['sold_out', 'expired'] } } } } },
      },
    },
  }
  return {
    openapi: '3.1.0',
    info: { title: 'shop', version: '1' },
    paths: { '/orders/{id}': { post: order } },
    components: { schemas: {} },
  }
}

interface Parts {
  document: Document
  operation: Operation
  body: Record<string, Schema> & { $schema?: Schema }
  input: Schema
  output: Schema
  fields: Record<string, Schema>
  codes: string[]
}

function changed(change: (parts: Parts) => void): string[] {
  const document = shop()
  const operation = document.paths['/orders/{id}']?.post as Operation
  const input = operation.requestBody?.content['application/json']?.schema as Schema
  const output = operation.responses[200]?.content?.['application/json']?.schema as Schema
  const codes = operation.responses[409]?.content?.['application/problem+json']?.schema.properties?.code?.enum as string[]
  change({ document, operation, input, output, body: input.properties ?? {}, fields: output.properties ?? {}, codes })
  return documentBreaks(shop(), document)
}

const planted: Record<string, (parts: Parts) => void> = {
  'POST /orders/{id} is gone': ({ document }) => delete document.paths['/orders/{id}'],
  'POST /orders/{id} query verbose is gone': ({ operation }) => operation.parameters?.pop(),
  'POST /orders/{id} query verbose is newly required': ({ operation }) =>
    Object.assign(operation.parameters?.[1] ?? {}, { required: true }),
  'POST /orders/{id} header key is newly required': ({ operation }) =>
    operation.parameters?.push({ in: 'header', name: 'key', required: true, schema: {} }),
  'POST /orders/{id} path id: pattern was ^[a-z]+$, is ^[a-y]+$': ({ operation }) => {
    Object.assign(operation.parameters?.[0]?.schema ?? {}, { pattern: '^[a-y]+$' })
  },
  'POST /orders/{id} body is no longer accepted': ({ operation }) => delete operation.requestBody,
  'POST /orders/{id} body application/json is gone': ({ operation }) => Object.assign(operation.requestBody ?? {}, { content: {} }),
  'POST /orders/{id} body/kind is newly required': ({ input }) => input.required?.push('kind'),
  'POST /orders/{id} body/note is no longer accepted': ({ body }) => delete body.note,
  'POST /orders/{id} body/quantity: type was integer, is string': ({ body }) => Object.assign(body, { quantity: { type: 'string' } }),
  'POST /orders/{id} body/quantity: maximum was 4, is 3': ({ body }) => Object.assign(body.quantity ?? {}, { maximum: 3 }),
  'POST /orders/{id} body/quantity: minimum was 1, is 2': ({ body }) => Object.assign(body.quantity ?? {}, { minimum: 2 }),
  'POST /orders/{id} body/note: minLength was none, is 1': ({ body }) => Object.assign(body.note ?? {}, { minLength: 1 }),
  'POST /orders/{id} body/note: format was none, is email': ({ body }) => Object.assign(body.note ?? {}, { format: 'email' }),
  'POST /orders/{id} body/tags: maxItems was 5, is 4': ({ body }) => Object.assign(body.tags ?? {}, { maxItems: 4 }),
  'POST /orders/{id} body/tags[]: minLength was 1, is 2': ({ body }) => Object.assign(body.tags?.items ?? {}, { minLength: 2 }),
  'POST /orders/{id} body/kind: values were a,b, are a': ({ body }) => Object.assign(body.kind ?? {}, { enum: ['a'] }),
  'POST /orders/{id} body/when: null is no longer accepted': ({ body }) => Object.assign(body, { when: { type: 'string' } }),
  'POST /orders/{id} 200 is gone': ({ operation }) => delete operation.responses[200],
  'POST /orders/{id} 202 may be answered now': ({ operation }) => Object.assign(operation.responses, { 202: { description: 'later' } }),
  'POST /orders/{id} 200 application/json is gone': ({ operation }) => Object.assign(operation.responses[200] ?? {}, { content: {} }),
  'POST /orders/{id} 200/cents is gone': ({ fields }) => delete fields.cents,
  'POST /orders/{id} 200/tiers[]/name is gone': ({ fields }) => delete fields.tiers?.items?.properties?.name,
  'POST /orders/{id} 200/state may be missing now': ({ output }) => output.required?.splice(1, 1),
  'POST /orders/{id} 200/id: type was string, is integer': ({ fields }) => Object.assign(fields, { id: { type: 'integer' } }),
  'POST /orders/{id} 200/id: null may be answered now': ({ fields }) =>
    Object.assign(fields, { id: { anyOf: [{ type: 'string' }, { type: 'null' }] } }),
  'POST /orders/{id} 200/state: values were pending,confirmed, are pending,confirmed,odd': ({ fields }) =>
    Object.assign(fields.state ?? {}, { enum: ['pending', 'confirmed', 'odd'] }),
  'POST /orders/{id} 409 sold_out is gone': ({ codes }) => codes.shift(),
}

t.test('every planted break is found, and named once', async (t) => {
  for (const [sentence, change] of Object.entries(planted)) t.strictSame(changed(change), [sentence])
})

t.test('what no consumer can trip over is allowed', async (t) => {
  const allowed: Record<string, (parts: Parts) => void> = {
    'nothing changed': () => {},
    'a new path': ({ document }) => Object.assign(document.paths, { '/new': { get: { responses: {} } } }),
    'a new optional input': ({ body }) => Object.assign(body, { extra: { type: 'string' } }),
    'a new optional parameter': ({ operation }) => operation.parameters?.push({ in: 'query', name: 'page', schema: { type: 'integer' } }),
    'wider inputs': ({ body }) => {
      Object.assign(body.quantity ?? {}, { type: 'number', minimum: 0, maximum: 8 })
      Object.assign(body.kind ?? {}, { enum: ['a', 'b', 'c'] })
      delete body.note?.maxLength
    },
    'an input that may now be left out': ({ input }) => input.required?.pop(),
    'a new field': ({ fields }) => Object.assign(fields, { extra: { type: 'string' } }),
    'narrower outputs': ({ fields }) => {
      Object.assign(fields, { cents: { type: 'integer' }, left: { type: 'integer' } })
      Object.assign(fields.state ?? {}, { enum: ['confirmed'] })
    },
    'a new problem': ({ codes, operation }) => {
      codes.push('closed')
      Object.assign(operation.responses, { 410: { description: 'gone' } })
    },
  }
  for (const [what, change] of Object.entries(allowed)) t.strictSame(changed(change), [], what)
})

function compat(...args: string[]) {
  return spawnSync(process.execPath, [`${root}/scripts/openapi-compat.ts`, ...args], { encoding: 'utf8' })
}

t.test('the committed documents break no consumer of the latest release', async (t) => {
  const { status, stderr } = compat()
  t.equal(status, 0, stderr)
})

t.test('a revision that does not exist and a flag that is none are refused with a sentence', async (t) => {
  t.match(compat('--base', 'no-such-revision'), { status: 2, stderr: /--base no-such-revision: no such revision/ })
  t.match(compat('--bse', 'x'), { status: 2, stderr: /Unknown option '--bse'/ })
})
