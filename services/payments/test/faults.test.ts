import { randomUUID } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'
import { FaultSwitches } from '../lib/faults.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, client, stop, start } = await startDatabase(t, migrateFile)
const settings = { ...env, PAYMENT_LATENCY_MS: '0', FAULTS_ENABLED: 'true', HANDLER_TIMEOUT_MS: '1000' }
const { server, ops } = await build(t, service, settings)

const put = (payload: unknown) => ops.inject({ method: 'PUT', url: '/faults', payload: payload as object })
const request = () => ({ orderId: randomUUID(), amountCents: 4500, currency: 'EUR' })
const charge = (payload: { orderId: string }) =>
  server.inject({ method: 'POST', url: '/charges', headers: { 'idempotency-key': payload.orderId }, payload })
const refund = (id: string) => server.inject({ method: 'POST', url: `/charges/${id}/refund` })
const stateOf = async (id: string) => (await client.query('SELECT state FROM charges WHERE id = $1', [id])).rows[0]?.state

t.afterEach(async () => {
  await put({})
})

t.test('without FAULTS_ENABLED there are no switches', async (t) => {
  const plain = await build(t, service, env)
  t.equal((await plain.ops.inject('/faults')).statusCode, 404)
  t.equal((await plain.ops.inject({ method: 'PUT', url: '/faults', payload: { errorRatio: 1 } })).statusCode, 404)
  t.notMatch((await plain.ops.inject('/metrics')).body, /payments_fault/)
})

t.test('switches are on the ops port, all off at first; PUT sets all, and what it leaves out is off', async (t) => {
  const off = { latencyMs: 0, declineRatio: 0, errorRatio: 0 }
  t.strictSame((await ops.inject('/faults')).json(), off)
  t.equal((await server.inject('/faults')).statusCode, 404, 'the public port has none')
  t.strictSame((await put({ latencyMs: 50, errorRatio: 0.5 })).json(), { ...off, latencyMs: 50, errorRatio: 0.5 })
  t.match((await ops.inject('/metrics')).body, /^payments_fault_error_ratio 0.5$/m)
  t.strictSame((await put({ declineRatio: 1 })).json(), { ...off, declineRatio: 1 })
  t.strictSame((await ops.inject('/faults')).json(), { ...off, declineRatio: 1 })
})

t.test('a switch that cannot be is refused and nothing changes', async (t) => {
  await put({ declineRatio: 0.25 })
  const bad = [
    { declineRatio: 1.1 },
    { declineRatio: -0.1 },
    { errorRatio: '0.5' },
    { latencyMs: 1.5 },
    { latencyMs: 60_001 },
    { latency: 5 },
    [],
  ]
  for (const payload of bad) {
    const reply = await put(payload)
    t.match({ status: reply.statusCode, ...reply.json() }, { status: 400, code: 'validation_failed' }, JSON.stringify(payload))
  }
  t.match((await ops.inject('/faults')).json(), { declineRatio: 0.25 })
})

t.test('a decline is recorded: the order stays declined when the provider is generous again', async (t) => {
  await put({ declineRatio: 1 })
  const wanted = request()
  const reply = await charge(wanted)
  t.equal(reply.statusCode, 402)
  t.equal(reply.json().code, 'payment_declined')
  await put({})
  t.equal((await charge(wanted)).body, reply.body)
  t.equal(await stateOf(wanted.orderId), 'declined')
  const back = await refund(wanted.orderId)
  t.equal(back.statusCode, 409)
  t.equal(back.json().code, 'charge_declined')
  const changed = await charge({ ...wanted, amountCents: 1 } as typeof wanted)
  t.equal(changed.json().code, 'idempotency_key_reused')
})

t.test('an error does not tell whether the charge was made; asking again does', async (t) => {
  await put({ errorRatio: 1 })
  const orders = Array.from({ length: 40 }, request)
  for (const order of orders) {
    const reply = await charge(order)
    t.equal(reply.statusCode, 500)
    t.equal(reply.json().code, 'provider_failed')
  }
  const states = await Promise.all(orders.map(({ orderId }) => stateOf(orderId)))
  const captured = states.filter((state) => state === 'captured').length
  t.ok(captured > 5 && captured < 35, `${captured} of 40 were captured`)
  await put({})
  for (const order of orders) t.equal((await charge(order)).statusCode, 201)
})

t.test('latency is waited for; a charge goes on when its caller has given up', async (t) => {
  await put({ latencyMs: 100 })
  const started = performance.now()
  t.equal((await charge(request())).statusCode, 201)
  t.ok(performance.now() - started >= 99, 'at least the latency')
  // Long after the deadline of one second, so that a busy machine has time to see that nothing was charged yet.
  await put({ latencyMs: 2500 })
  const wanted = request()
  const reply = await charge(wanted)
  t.equal(reply.statusCode, 503)
  t.equal(reply.json().code, 'deadline_exceeded')
  t.equal(await stateOf(wanted.orderId), undefined)
  while ((await stateOf(wanted.orderId)) === undefined);
  t.equal(await stateOf(wanted.orderId), 'captured')
})

t.test('the draw decides: below half the ratio before, below the ratio after, else nothing', async (t) => {
  let drawn = 0
  const switches = new FaultSwitches(() => drawn)
  switches.current = { latencyMs: 0, declineRatio: 0.3, errorRatio: 0.2 }
  const outcomes = [0, 0.09, 0.1, 0.19, 0.2, 0.99].map((value) => {
    drawn = value
    return switches.failure()
  })
  t.strictSame(outcomes, ['before', 'before', 'after', 'after', 'none', 'none'])
  drawn = 0.29
  t.equal(switches.declines(), true)
  drawn = 0.3
  t.equal(switches.declines(), false)
})

t.test('without its database every request is answered 503, and it comes back with the database', async (t) => {
  const wanted = request()
  await stop()
  for (const reply of await Promise.all([charge(wanted), refund(wanted.orderId)])) {
    t.equal(reply.statusCode, 503)
    t.equal(reply.json().code, 'database_unavailable')
  }
  await start()
  t.equal((await charge(wanted)).statusCode, 201)
})
