import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { codesIn } from '../scripts/lib/openapi-compat.ts'
import { documentOf } from '../scripts/lib/openapi-document.ts'
import type { Operation, Schema } from '../scripts/lib/openapi-types.ts'
import { schemaBreaks } from '../scripts/lib/schema-compat.ts'
import { committedDocument as committed, root, serviceNames } from '../scripts/lib/services.ts'
import { disappointments, type Expectation } from './contracts/expectation.ts'
import { gateway } from './contracts/gateway.ts'
import { orders } from './contracts/orders.ts'

const consumers: Record<string, Expectation[]> = { gateway, orders }

/** All source of a service but its tests. */
function sourceOf(name: string): string {
  const folder = `${root}/services/${name}`
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.startsWith('test/') && !path.startsWith('node_modules/'))
    .map((path) => readFileSync(`${folder}/${path}`, 'utf8'))
    .join('\n')
}

t.test('every committed document is what the routes say now', async (t) => {
  for (const name of serviceNames()) t.strictSame(committed(name), await documentOf(name), `${name}: run \`npm run generate\``)
})

t.test('every document is complete: summaries, and problem documents with codes for every error', async (t) => {
  for (const name of serviceNames())
    for (const [path, methods] of Object.entries(committed(name).paths))
      for (const [method, { summary, responses }] of Object.entries(methods)) {
        const at = `${name} ${method} ${path}`
        t.ok(summary, `${at} has a summary`)
        t.ok(
          Object.keys(responses).some((status) => /^2/.test(status)),
          `${at} documents success`,
        )
        for (const [status, { content = {} }] of Object.entries(responses).filter(([status]) => status >= '400'))
          t.ok(codesIn(content).length > 0 && Object.keys(content).join() === 'application/problem+json', `${at} ${status} has codes`)
      }
})

t.test('every problem a service makes is documented by one of its routes', async (t) => {
  for (const name of serviceNames()) {
    const operations = Object.values(committed(name).paths).flatMap((methods) => Object.values(methods))
    const documented = new Set(
      operations.flatMap(({ responses }) => Object.values(responses).flatMap(({ content = {} }) => codesIn(content))),
    )
    const made = new Set([...sourceOf(name).matchAll(/\b(?:problems|common)\.([a-z_]+)\(/g)].map(([, code]) => code as string))
    t.strictSame(
      [...made].filter((code) => !documented.has(code)),
      [],
      name,
    )
  }
})

t.test("every consumer's calls are offered by the committed documents", async (t) => {
  for (const [consumer, expectations] of Object.entries(consumers))
    for (const expectation of expectations)
      t.strictSame(
        disappointments(expectation, committed(expectation.provider)),
        [],
        `${consumer} -> ${expectation.provider} ${expectation.call}`,
      )
})

t.test('every call in the source is among the expectations, and nothing else is', async (t) => {
  for (const name of serviceNames()) {
    const calls = [...sourceOf(name).matchAll(/\bpath\s*[:=]\s*(['"`])(\/[^'"`]*)\1/g)]
      .map(([, , path = '']) => path.replace(/\$\{[^}]*\}/g, '{}'))
      // The Kubernetes API is nobody's of ours.
      .filter((path) => !path.startsWith('/apis/'))
    const expected = (consumers[name] ?? []).map(({ call }) => (call.split(' ')[1] ?? '').replace(/\{[^}]*\}/g, '{}'))
    t.strictSame([...new Set(calls)].sort(), [...new Set(expected)].sort(), name)
  }
})

t.test('a provider that no longer offers what a consumer needs is found', async (t) => {
  const planted: [string, (operation: Operation) => void][] = [
    ['POST /orders 201/amountCents is gone', ({ responses }) => delete schemaOf(responses[201])?.properties?.amountCents],
    ['POST /orders 202 is not documented', ({ responses }) => delete responses[202]],
    ['POST /orders 409 sold_out is not documented', ({ responses }) => delete responses[409]],
    [
      'POST /orders wants trace, which is not sent',
      ({ parameters }) => parameters?.push({ in: 'header', name: 'trace', required: true, schema: {} }),
    ],
    [
      'POST /orders refuses idempotency-key a-key',
      ({ parameters }) => Object.assign(parameters?.[0] ?? {}, { schema: { type: 'string', maxLength: 2 } }),
    ],
    ['POST /orders takes no body', (operation) => delete operation.requestBody],
  ]
  const expectation = gateway.find(({ call }) => call === 'POST /orders') as Expectation
  for (const [sentence, change] of planted) {
    const document = committed('orders')
    change(document.paths['/orders']?.post as Operation)
    t.strictSame(disappointments(expectation, document), [sentence])
  }
  t.strictSame(disappointments({ ...expectation, call: 'PUT /orders' }, committed('orders')), ['PUT /orders is not offered'])
})

t.test('gateway passes on all that orders documents, and lets nothing through that orders would refuse', async (t) => {
  for (const [edge, inside] of [
    ['post /api/orders', 'post /orders'],
    ['get /api/orders/{id}', 'get /orders/{id}'],
  ] as const) {
    const [shown, made] = [operationOf('gateway', edge), operationOf('orders', inside)]
    for (const [status, response] of Object.entries(made.responses)) {
      if (status >= '400') {
        const passed = codesIn(shown.responses[status]?.content ?? {})
        t.strictSame(
          codesIn(response.content ?? {}).filter((code) => !passed.includes(code)),
          [],
          `${edge} ${status}`,
        )
      } else {
        const fields = (schema: Schema | undefined) => Object.keys(schema?.properties ?? {})
        t.strictSame(fields(schemaOf(shown.responses[status])), fields(schemaOf(response)), `${edge} ${status}`)
      }
    }
    const [asked, taken] = [shown.requestBody?.content['application/json']?.schema, made.requestBody?.content['application/json']?.schema]
    if (asked && taken) t.strictSame(schemaBreaks(asked, taken, edge, 'input'), [])
  }
})

function operationOf(service: string, key: string): Operation {
  const [method = '', path = ''] = key.split(' ')
  return committed(service).paths[path]?.[method] as Operation
}

function schemaOf(response: Operation['responses'][string] | undefined): Schema | undefined {
  return response?.content?.['application/json']?.schema
}
