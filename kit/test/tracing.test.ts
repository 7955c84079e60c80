import t from 'tap'
import { isSampled, newTraceparent, traceId, traceparentOf, withSpanId } from '../tracing.ts'
import { built } from './helper.ts'

const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
const shape = /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/

t.test('a new traceparent is valid, not sampled and never the same', async (t) => {
  const made = Array.from({ length: 1000 }, newTraceparent)
  t.ok(made.every((traceparent) => shape.test(traceparent)))
  t.ok(
    made.every((traceparent) => traceparentOf({ traceparent }) === traceparent),
    'it would itself be accepted',
  )
  t.equal(new Set(made.map(traceId)).size, 1000)
  t.equal(new Set(made.map((traceparent) => traceparent.slice(36, 52))).size, 1000)
})

t.test("the caller's traceparent is kept, flags included", async (t) => {
  t.equal(traceparentOf({ traceparent: given }), given)
  t.equal(traceId(given), '4bf92f3577b34da6a3ce929d0e0e4736')
})

t.test('the lowest bit of the flags says whether a trace is recorded', async (t) => {
  const sampled = (flags: string) => isSampled(`${given.slice(0, -2)}${flags}`)
  for (let bits = 0; bits < 256; bits++) {
    const flags = bits.toString(16).padStart(2, '0')
    if (sampled(flags) !== (bits % 2 === 1)) t.fail(flags)
  }
  t.ok(isSampled(newTraceparent(true)))
  t.equal(withSpanId(given, 'b'.repeat(16)), `00-4bf92f3577b34da6a3ce929d0e0e4736-${'b'.repeat(16)}-01`)
})

t.test('a request is sampled only if a valid traceparent says so', async (t) => {
  const { server } = await built(t, (server) => void server.get('/', async ({ exchange }) => exchange.sampled))
  const sampled = async (headers: Record<string, string>) => (await server.inject({ url: '/', headers })).json()
  t.equal(await sampled({ traceparent: given }), true)
  t.equal(await sampled({ traceparent: given.replace(/1$/, '0') }), false)
  t.equal(await sampled({ traceparent: given.replace('00-', '01-') }), false, 'malformed, however it ends')
  t.equal(await sampled({}), false)
})

t.test('what is malformed is replaced by a new one', async (t) => {
  for (const [traceparent, why] of [
    [undefined, 'missing'],
    ['', 'empty'],
    [given.toUpperCase(), 'upper case'],
    [given.replace('00-', '01-'), 'another version'],
    [`${given}-extra`, 'more fields than version 00 has'],
    [given.slice(0, -1), 'short'],
    [` ${given}`, 'leading space'],
    [`00-${'0'.repeat(32)}-00f067aa0ba902b7-01`, 'no trace id'],
    [`00-4bf92f3577b34da6a3ce929d0e0e4736-${'0'.repeat(16)}-01`, 'no parent id'],
    [`${given}\n`, 'a line break'],
  ] as const) {
    const replaced = traceparentOf({ traceparent })
    t.match(replaced, shape, why)
    t.not(traceId(replaced), traceId(given), why)
  }
})

t.test('a request has one traceparent from its first reader to its last', async (t) => {
  const { server } = await built(t, (server) => {
    server.addHook('preHandler', async (request, reply) => void reply.header('seen', request.traceparent))
    server.get('/', async (request) => ({ traceparent: request.traceparent }))
  })
  const kept = await server.inject({ url: '/', headers: { traceparent: given } })
  t.equal(kept.json().traceparent, given)
  t.equal(kept.headers.seen, given)
  const [first, second] = [await server.inject('/'), await server.inject('/')]
  t.match(first.json().traceparent, shape)
  t.equal(first.json().traceparent, first.headers.seen)
  t.not(first.json().traceparent, second.json().traceparent, 'another request has another')
})
