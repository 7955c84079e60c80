import { readFile } from 'node:fs/promises'
import t from 'tap'
import { merge, onSale, refusal, service, withHelm } from './render.ts'

interface Schema {
  type?: string | string[]
  properties?: Record<string, Schema>
  additionalProperties?: boolean | Schema
  items?: Schema
  required?: string[]
  enum?: unknown[]
  pattern?: string
  minimum?: number
  maximum?: number
  minLength?: number
  propertyNames?: Schema
}
interface Violation {
  branch: string
  /** Where helm sees it: /image/tag. */
  at: string
  value: unknown
}

const charts = { service, headroom: onSale }
const wrong: Record<string, unknown> = { string: 7, integer: 'seven', boolean: 'yes', array: 'list', object: 'map' }

/** One refused value for every branch of a schema. */
function violations(schema: Schema, at = ''): Violation[] {
  const found: Violation[] = []
  const refuse = (branch: string, value: unknown, below = '') => found.push({ branch, at: at + below, value })
  const types = [schema.type ?? []].flat()
  // A dependency's block and the shared one must be maps before any schema is asked: Helm itself sees to that.
  if (helmsOwn(schema, at)) types.length = 0
  if (types.length > 0 && at !== '') refuse('type', types.length > 1 ? true : wrong[types[0] ?? ''])
  if (schema.enum) refuse('enum', 'no such word')
  if (schema.pattern) refuse('pattern', '\n no name')
  if (schema.minLength) refuse('minLength', '')
  if (schema.minimum !== undefined) refuse('minimum', schema.minimum - 1)
  if (schema.maximum !== undefined) refuse('maximum', schema.maximum + 1)
  if (schema.propertyNames) refuse('propertyNames', { 'no name': '' })
  if (schema.required) refuse('required', {})
  if (schema.items) for (const one of violations(schema.items, `${at}/0`)) found.push(one)
  if (typeof schema.additionalProperties === 'object')
    for (const one of violations(schema.additionalProperties, `${at}/ANY`)) found.push(one)
  if (schema.additionalProperties === false) refuse('additionalProperties', { typo: 1 })
  for (const [key, property] of Object.entries(schema.properties ?? {})) found.push(...violations(property, `${at}/${key}`))
  return found
}

function helmsOwn(schema: Schema, at: string): boolean {
  return at === '/global' || (schema.type === 'object' && !schema.properties && schema.additionalProperties === undefined)
}

/** The values that hold one violation. */
function valuesWith({ at, value }: Violation): object {
  const path = at.split('/').filter((key) => key !== '')
  return path.reduceRight<unknown>((below, key) => (key === '0' ? [below] : { [key]: below }), value) as object
}

/** Groups violations so that no two of a group sit in or above each other: helm tells all of a group at once. */
function groups(all: Violation[]): Violation[][] {
  const made: Violation[][] = []
  for (const one of all) {
    const clashes = (other: Violation) => `${other.at}/`.startsWith(`${one.at}/`) || `${one.at}/`.startsWith(`${other.at}/`)
    const free = made.find((group) => !group.some(clashes))
    if (free) free.push(one)
    else made.push([one])
  }
  return made
}

for (const [chart, renderChart] of Object.entries(charts)) {
  t.test(`every branch of the schema of charts/${chart} refuses something`, withHelm, async (t) => {
    const schema = JSON.parse(await readFile(new URL(`../../charts/${chart}/values.schema.json`, import.meta.url), 'utf8')) as Schema
    const all = violations(schema)
    t.ok(all.length > 50, `${all.length} branches`)
    const accepted: string[] = []
    for (const group of groups(all)) {
      const values = group.map(valuesWith).reduce(merge, {})
      const message = await refusal(t, renderChart(values))
      for (const { branch, at } of group) {
        // Helm gives a refused name without its path.
        const told = branch === 'propertyNames' ? "invalid propertyName 'no name'" : `at '${at}'`
        if (!message.includes(told)) accepted.push(`${branch} at ${at}`)
      }
    }
    t.strictSame(accepted, [], 'helm names the path of each')
  })
}

t.test('a typo is refused by its path, per service', withHelm, async (t) => {
  const message = await refusal(t, onSale({ orders: { autoscalling: {} }, catalog: { resources: { limit: {} } } }))
  t.match(message, /orders:\n- at '': additional properties 'autoscalling' not allowed/)
  t.match(message, /catalog:\n- at '\/resources': additional properties 'limit' not allowed/)
})
