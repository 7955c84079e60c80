import { randomUUID } from 'node:crypto'
import { pick, type Random } from '@headroom/load/random'
import fc from 'fast-check'
import type { Operation, Schema } from './document.ts'

/** A request that may be right, nearly right or nonsense. */
export interface MutatedRequest {
  method: string
  path: string
  headers: Record<string, string>
  body: string | undefined
}

const texts = [
  'aurora-live',
  'aurora-live-floor',
  'order.confirmed',
  '2027-01-01T10:00:00.000Z',
  'EUR',
  '',
  ' ',
  "'; DROP TABLE orders; --",
]
const odd = ['..', '%00', 'ａｕｒｏｒａ', 'a'.repeat(90), 'a'.repeat(300), '💥', '-1', 'null', '1e309', '<script>']
const oddBodies = ['', '{', '[]', 'null', '"text"', '{"a":1,"a":2}', `{"x":"${'x'.repeat(70_000)}"}`, '{"quantity":1e999}', '\ufeff{}']
const types = [
  'application/json',
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'text/plain',
  'application/xml',
  '',
]

/** Makes requests to one operation; the seed repeats them, idempotency keys apart. */
export function requestsTo(operation: Operation, count: number, seed: number, random: Random): MutatedRequest[] {
  const values = fc.sample(fc.jsonValue({ maxDepth: 4 }), { seed, numRuns: count })
  return values.map((value) => {
    const body = operation.body === undefined ? undefined : bodyOf(operation.body, value, random)
    const headers: Record<string, string> = {}
    if (body !== undefined) headers['content-type'] = pick(types, random)
    if (operation.takesKey && random() < 0.9)
      // Where a body names an order, that is its key.
      headers['idempotency-key'] = random() < 0.9 ? (orderIdOf(body ?? '') ?? randomUUID()) : pick(['~', 'a b', 'k'.repeat(300)], random)
    if (random() < 0.05) headers['x-request-timeout-ms'] = pick(['0', '-5', 'soon', '1', '999999999999'], random)
    return { method: operation.method, path: pathOf(operation.path, random), headers, body }
  })
}

function orderIdOf(body: string): string | undefined {
  return /"orderId":"([!-~]+?)"/.exec(body)?.[1]
}

function pathOf(path: string, random: Random): string {
  const filled = path.replace(/\{[^}]+\}/g, () =>
    encodeURIComponent(random() < 0.5 ? pick([randomUUID(), 'aurora-live'], random) : pick(odd, random)),
  )
  return random() < 0.1 ? `${filled}?${encodeURIComponent(pick(odd, random))}=${encodeURIComponent(pick(odd, random))}` : filled
}

function bodyOf(schema: Schema, value: unknown, random: Random): string {
  const kind = random()
  if (kind < 0.1) return pick(oddBodies, random)
  if (kind < 0.2) return JSON.stringify(value)
  const body = valid(schema, random) as Record<string, unknown>
  if (kind < 0.4) return JSON.stringify(body)
  const name = pick(Object.keys(schema.properties ?? { x: {} }), random)
  if (kind < 0.6) delete body[name]
  else if (kind < 0.9) body[name] = value
  else body[pick(['__proto__', 'constructor', 'extra', name.toUpperCase()], random)] = value
  return JSON.stringify(body)
}

/** A value that the schema accepts, or nearly. */
function valid({ type, enum: choices, const: fixed, properties = {}, items, pattern, minimum = 0 }: Schema, random: Random): unknown {
  if (fixed !== undefined) return fixed
  if (choices !== undefined) return pick(choices, random)
  if (type === 'object') return Object.fromEntries(Object.entries(properties).map(([name, schema]) => [name, valid(schema, random)]))
  if (type === 'array') return Array.from({ length: Math.floor(random() * 3) }, () => valid(items ?? {}, random))
  if (type === 'integer' || type === 'number') return minimum + Math.floor(random() * 4)
  if (type === 'boolean') return random() < 0.5
  const candidates = [randomUUID(), ...texts].filter((text) => new RegExp(pattern ?? '').test(text))
  return candidates.length === 0 ? '' : pick(candidates, random)
}
