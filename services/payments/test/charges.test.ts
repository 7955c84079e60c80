import { randomUUID } from 'node:crypto'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build, insist } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const migrateFile = new URL('../migrate.ts', import.meta.url)

const { env, client } = await startDatabase(t, migrateFile)
const settings = { ...env, PAYMENT_LATENCY_MS: '0' }
const replicas = [await build(t, service, settings), await build(t, service, settings)] as const

const rows = async (id: string) =>
  (await client.query('SELECT amount_cents, currency, state, refunded_at FROM charges WHERE id = $1', [id])).rows
const request = (amountCents = 4500) => ({ orderId: randomUUID(), amountCents, currency: 'EUR' })
const charge = (payload: { orderId: string }, replica: 0 | 1 = 0) =>
  replicas[replica].server.inject({ method: 'POST', url: '/charges', headers: { 'idempotency-key': payload.orderId }, payload })
const refund = (id: string, replica: 0 | 1 = 0) => replicas[replica].server.inject({ method: 'POST', url: `/charges/${id}/refund` })

t.test('a charge is captured, and the same request again gets the same answer', async (t) => {
  const wanted = request()
  const reply = await charge(wanted)
  t.equal(reply.statusCode, 201)
  t.strictSame(reply.json(), { id: wanted.orderId, ...wanted, state: 'captured' })
  const again = await charge(wanted, 1)
  t.equal(again.statusCode, 201)
  t.equal(again.body, reply.body)
  t.strictSame(await rows(wanted.orderId), [{ amount_cents: 4500, currency: 'EUR', state: 'captured', refunded_at: null }])
})

t.test('the same request at two replicas at once is one charge with one answer', async (t) => {
  const orders = Array.from({ length: 20 }, () => request())
  const replies = await Promise.all(orders.flatMap((order) => ([0, 1, 0] as const).map((replica) => insist(() => charge(order, replica)))))
  for (const [index, { orderId }] of orders.entries()) {
    const mine = replies.slice(index * 3, index * 3 + 3)
    t.strictSame(
      mine.map(({ statusCode }) => statusCode),
      [201, 201, 201],
    )
    t.equal(new Set(mine.map(({ body }) => body)).size, 1)
    t.equal((await rows(orderId)).length, 1)
  }
})

t.test('the key with another amount or currency is refused and the first charge stays, also at once', async (t) => {
  const wanted = request()
  const replies = await Promise.all([charge(wanted, 0), charge({ ...wanted, amountCents: 1 } as typeof wanted, 1)])
  t.strictSame(replies.map(({ statusCode }) => statusCode).sort(), [201, 422])
  const other = await charge({ ...wanted, currency: 'USD' } as typeof wanted)
  t.equal(other.statusCode, 422)
  t.equal(other.json().code, 'idempotency_key_reused')
  const captured = replies.find(({ statusCode }) => statusCode === 201)?.json()
  t.match(await rows(wanted.orderId), [{ amount_cents: captured.amountCents, currency: 'EUR', state: 'captured' }])
})

t.test('a refund gives the money back once, whoever asks how often', async (t) => {
  const wanted = request()
  await charge(wanted)
  const replies = await Promise.all([refund(wanted.orderId, 0), refund(wanted.orderId, 1), refund(wanted.orderId, 0)])
  replies.push(await refund(wanted.orderId, 1))
  const [first] = replies
  t.match(first?.json(), { id: wanted.orderId, ...wanted, state: 'refunded' })
  t.ok(Math.abs(Date.now() - Date.parse(first?.json().refundedAt)) < 60_000)
  for (const reply of replies) {
    t.equal(reply.statusCode, 200)
    t.equal(reply.body, first?.body)
  }
  const again = await charge(wanted)
  t.equal(again.statusCode, 201, 'the charge request still gets the answer it got')
  t.match(await rows(wanted.orderId), [{ state: 'refunded', refunded_at: new Date(first?.json().refundedAt) }], 'and moves nothing')
})

t.test('what was not charged cannot be refunded', async (t) => {
  const reply = await refund(randomUUID())
  t.equal(reply.statusCode, 404)
  t.equal(reply.json().code, 'charge_not_found')
})

t.test('the tables refuse a second refund and a charge of nothing', async (t) => {
  const wanted = request()
  await charge(wanted)
  await t.rejects(client.query("UPDATE charges SET state = 'refunded' WHERE id = $1", [wanted.orderId]), /charges_refunded_once/)
  await t.rejects(client.query('UPDATE charges SET amount_cents = 0'), /charges_amount_positive/)
})

t.test('a plan made while the table is empty still finds a charge by its id', async (t) => {
  await client.query('BEGIN')
  await client.query('TRUNCATE charges')
  for (const tail of ['SELECT state FROM charges', "UPDATE charges SET state = 'refunded'"]) {
    const { rows } = await client.query(`EXPLAIN (GENERIC_PLAN) ${tail} WHERE id = $1`)
    t.notMatch(rows.map((row) => row['QUERY PLAN']).join('\n'), /Seq Scan/)
  }
  await client.query('ROLLBACK')
})
