import { randomUUID } from 'node:crypto'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, client } = await startDatabase(t, migrateFile)
const { server } = await build(t, service, { ...env, PAYMENT_LATENCY_MS: '0' })

const id = randomUUID()
const good = { orderId: id, amountCents: 4500, currency: 'EUR' }

t.test('every bad charge is refused with its documented problem', async (t) => {
  const bodies: [string, unknown, number, string][] = [
    ['amount as text', { ...good, amountCents: '4500' }, 400, 'validation_failed'],
    ['amount 0', { ...good, amountCents: 0 }, 400, 'validation_failed'],
    ['amount -1', { ...good, amountCents: -1 }, 400, 'validation_failed'],
    ['amount 0.5', { ...good, amountCents: 0.5 }, 400, 'validation_failed'],
    ['amount beyond the maximum', { ...good, amountCents: 100_000_001 }, 400, 'validation_failed'],
    ['amount beyond 64 bits', { ...good, amountCents: 1e300 }, 400, 'validation_failed'],
    ['amount missing', { ...good, amountCents: undefined }, 400, 'validation_failed'],
    ['currency in small letters', { ...good, currency: 'eur' }, 400, 'validation_failed'],
    ['currency of four letters', { ...good, currency: 'EURO' }, 400, 'validation_failed'],
    ['currency null', { ...good, currency: null }, 400, 'validation_failed'],
    ['order id that is no uuid', { ...good, orderId: '1' }, 400, 'validation_failed'],
    ['order id missing', { ...good, orderId: undefined }, 400, 'validation_failed'],
    ['an unknown property', { ...good, card: '4111111111111111' }, 400, 'validation_failed'],
    ['a list', [good], 400, 'validation_failed'],
    ['no JSON', '{"orderId"', 400, 'malformed_request'],
    ['nothing', '', 400, 'malformed_request'],
    ['a body of 70 KB', JSON.stringify({ ...good, note: 'x'.repeat(70_000) }), 413, 'body_too_large'],
  ]
  for (const [name, body, status, code] of bodies) {
    const payload = typeof body === 'string' ? body : JSON.stringify(body)
    const headers = { 'content-type': 'application/json', 'idempotency-key': id }
    const reply = await server.inject({ method: 'POST', url: '/charges', headers, payload })
    t.match({ status: reply.statusCode, ...reply.json() }, { status, code, title: String, instance: '/charges' }, name)
    t.match(reply.headers['content-type'], /^application\/problem\+json/, name)
  }
})

t.test('the key must be there and be the order id', async (t) => {
  const send = (headers: Record<string, string>) => server.inject({ method: 'POST', url: '/charges', headers, payload: good })
  t.match((await send({})).json(), { status: 400, code: 'idempotency_key_missing' })
  t.match((await send({ 'idempotency-key': '' })).json(), { status: 400, code: 'idempotency_key_missing' })
  t.match((await send({ 'idempotency-key': randomUUID() })).json(), { status: 400, code: 'validation_failed' })
})

t.test('every bad path is refused with its documented problem', async (t) => {
  const cases: [string, string, number, string][] = [
    ['POST', '/charges/1/refund', 400, 'validation_failed'],
    ['POST', `/charges/${id}'/refund`, 400, 'validation_failed'],
    ['POST', '/charges/%zz/refund', 400, 'malformed_request'],
    ['POST', `/charges/${id}/refund`, 404, 'charge_not_found'],
    ['GET', '/charges', 405, 'method_not_allowed'],
    ['GET', '/faults', 404, 'route_not_found'],
  ]
  for (const [method, url, status, code] of cases) {
    const reply = await server.inject({ method: method as 'GET', url })
    t.match({ status: reply.statusCode, ...reply.json() }, { status, code }, `${method} ${url}`)
  }
})

t.test('nothing of it left a row', async (t) => {
  t.strictSame((await client.query('SELECT count(*) AS charges FROM charges')).rows, [{ charges: 0 }])
})
