import { randomUUID } from 'node:crypto'
import type { Service } from '@headroom/kit/service'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const { env, client } = await startDatabase(t, new URL('../migrate.ts', import.meta.url))
const settings = { ...env, PAYMENT_LATENCY_MS: '0', RETENTION_INTERVAL_MS: '3600000', RETENTION_BATCH_MAX: '7' }
const [one, other] = await Promise.all([1, 2].map(() => build(t, service, settings)))
if (one === undefined || other === undefined) throw new Error('two replicas')

const removedBy = async ({ ops }: Service) =>
  Number(/^retention_removed_total\{subject="declined_charges"\} (\d+)$/m.exec((await ops.inject('/metrics')).body)?.[1])

async function plant(count: number, state: string, hours: number): Promise<void> {
  await client.query(
    `INSERT INTO charges (id, amount_cents, currency, state, created_at, refunded_at)
     SELECT gen_random_uuid(), 100, 'EUR', $2, now() - make_interval(hours => $3), CASE WHEN $2 = 'refunded' THEN now() - make_interval(hours => $3) END
     FROM generate_series(1, $1)`,
    [count, state, hours],
  )
}

const left = async () => {
  const { rows } = await client.query(
    "SELECT state, count(*) AS n, count(*) FILTER (WHERE created_at < now() - interval '720 hours') AS old FROM charges GROUP BY state",
  )
  return Object.fromEntries(rows.map(({ state, n, old }) => [state, [Number(n), Number(old)]]))
}

t.test('charges declined long ago go, a batch at a time; younger ones, and whatever moved money, stay', async (t) => {
  await plant(20, 'declined', 721)
  await plant(5, 'declined', 719)
  await plant(5, 'captured', 9000)
  await plant(5, 'refunded', 9000)
  t.ok(await one.server.prune(), 'there is more')
  t.equal(await removedBy(one), 7)
  while (await one.server.prune());
  t.equal(await removedBy(one), 20)
  t.strictSame(await left(), { declined: [5, 0], captured: [5, 5], refunded: [5, 5] })
})

t.test('two replicas at once remove each charge once', async (t) => {
  await plant(100, 'declined', 721)
  const before = (await removedBy(one)) + (await removedBy(other))
  const removal = [one, other].map(async ({ server }) => {
    while (await server.prune());
  })
  await Promise.all(removal)
  while (await one.server.prune());
  t.equal((await removedBy(one)) + (await removedBy(other)) - before, 100)
  t.strictSame((await left()).declined, [5, 0])
})

t.test('an order that was declined so long ago is charged as any new one', async (t) => {
  const orderId = randomUUID()
  await client.query(
    "INSERT INTO charges (id, amount_cents, currency, state, created_at) VALUES ($1, 100, 'EUR', 'declined', now() - interval '721 hours')",
    [orderId],
  )
  const charge = () =>
    one.server.inject({
      method: 'POST',
      url: '/charges',
      headers: { 'idempotency-key': orderId },
      payload: { orderId, amountCents: 100, currency: 'EUR' },
    })
  t.equal((await charge()).statusCode, 402)
  await one.server.prune()
  t.equal((await charge()).statusCode, 201)
})
