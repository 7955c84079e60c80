import { randomUUID } from 'node:crypto'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, client } = await startDatabase(t, migrateFile, { SEED: 'true' })
const { server } = await build(t, service, { ...env, SWEEP_INTERVAL_MS: '60000' })

const id = randomUUID()
const good = { orderId: id, eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 1 }
const json = { 'content-type': 'application/json' }

const bodies: [string, unknown, number, string][] = [
  ['quantity as text', { ...good, quantity: '1' }, 400, 'validation_failed'],
  ['quantity 0', { ...good, quantity: 0 }, 400, 'validation_failed'],
  ['quantity 5', { ...good, quantity: 5 }, 400, 'validation_failed'],
  ['quantity -1', { ...good, quantity: -1 }, 400, 'validation_failed'],
  ['quantity 1.5', { ...good, quantity: 1.5 }, 400, 'validation_failed'],
  ['quantity null', { ...good, quantity: null }, 400, 'validation_failed'],
  ['quantity missing', { ...good, quantity: undefined }, 400, 'validation_failed'],
  ['order id that is no uuid', { ...good, orderId: 'order-1' }, 400, 'validation_failed'],
  ['order id in capitals', { ...good, orderId: id.toUpperCase().replace(/\d/g, 'A') }, 400, 'validation_failed'],
  ['order id missing', { ...good, orderId: undefined }, 400, 'validation_failed'],
  ['tier id with a quote', { ...good, tierId: "floor'; DROP TABLE tiers; --" }, 400, 'validation_failed'],
  ['tier id with a brace', { ...good, tierId: '{a,b}' }, 400, 'validation_failed'],
  ['tier id that is empty', { ...good, tierId: '' }, 400, 'validation_failed'],
  ['tier id of 65 letters', { ...good, tierId: 'a'.repeat(65) }, 400, 'validation_failed'],
  ['tier id that is a list', { ...good, tierId: ['aurora-live-floor'] }, 400, 'validation_failed'],
  ['an event id with a null byte', { ...good, eventId: 'aurora\u0000live' }, 400, 'validation_failed'],
  ['an unknown property', { ...good, priority: 'vip' }, 400, 'validation_failed'],
  ['a list', [good], 400, 'validation_failed'],
  ['text', '"hold"', 400, 'validation_failed'],
  ['no JSON', '{"orderId":', 400, 'malformed_request'],
  ['nothing', '', 400, 'malformed_request'],
  ['a prototype', '{"__proto__":{"quantity":1}}', 400, 'malformed_request'],
  ['a body of 70 KB', JSON.stringify({ ...good, note: 'x'.repeat(70_000) }), 413, 'body_too_large'],
  ['a tier called null', { ...good, tierId: 'null' }, 404, 'tier_not_found'],
]

t.test('every bad reservation is refused with its documented problem and changes nothing', async (t) => {
  for (const [name, body, status, code] of bodies) {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const reply = await server.inject({ method: 'POST', url: '/holds', headers: json, payload })
    t.match({ status: reply.statusCode, ...reply.json() }, { status, code, title: String, instance: '/holds' }, name)
    t.match(reply.headers['content-type'], /^application\/problem\+json/, name)
  }
  const form = await server.inject({ method: 'POST', url: '/holds', headers: { 'content-type': 'text/xml' }, payload: '<hold/>' })
  t.match(form.json(), { status: 415, code: 'unsupported_media_type' })
})

t.test('every bad path is refused with its documented problem and changes nothing', async (t) => {
  const cases: [string, string, number, string][] = [
    ['POST', '/holds/1/confirm', 400, 'validation_failed'],
    ['POST', `/holds/${id.toUpperCase().replace(/\d/g, 'A')}/confirm`, 400, 'validation_failed'],
    ['POST', `/holds/${id}'/confirm`, 400, 'validation_failed'],
    ['POST', `/holds/${id}/confirm`, 404, 'hold_not_found'],
    ['DELETE', '/holds/%00', 400, 'validation_failed'],
    ['DELETE', '/holds/%zz', 400, 'malformed_request'],
    ['DELETE', `/holds/${'a'.repeat(101)}`, 414, 'uri_too_long'],
    ['GET', `/holds/${id}`, 405, 'method_not_allowed'],
    ['GET', '/availability/Aurora%20Live', 400, 'validation_failed'],
    ['GET', '/availability/', 400, 'validation_failed'],
    ['GET', '/nothing/here', 404, 'route_not_found'],
  ]
  for (const [method, url, status, code] of cases) {
    const reply = await server.inject({ method: method as 'GET', url })
    t.match({ status: reply.statusCode, ...reply.json() }, { status, code }, `${method} ${url}`)
  }
})

t.test('a deadline that cannot be read or has passed is refused before any work', async (t) => {
  const send = (value: string) =>
    server.inject({ method: 'POST', url: '/holds', headers: { ...json, 'x-request-timeout-ms': value }, payload: JSON.stringify(good) })
  t.match((await send('soon')).json(), { status: 400, code: 'validation_failed' })
  t.match((await send('0')).json(), { status: 503, code: 'deadline_exceeded' })
})

t.test('nothing of it changed a row', async (t) => {
  const { rows } = await client.query('SELECT (SELECT count(*) FROM holds) AS holds, (SELECT sum(held + sold) FROM tiers) AS tickets')
  t.strictSame(rows, [{ holds: 0, tickets: 0 }])
})
