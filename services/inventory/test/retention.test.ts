import { randomUUID } from 'node:crypto'
import type { Service } from '@headroom/kit/service'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build, insist } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const { env, client } = await startDatabase(t, new URL('../migrate.ts', import.meta.url))
const settings = { ...env, SWEEP_INTERVAL_MS: '60000', RETENTION_INTERVAL_MS: '3600000', RETENTION_BATCH_MAX: '8' }
const [one, other] = await Promise.all([1, 2].map(() => build(t, service, settings)))
if (one === undefined || other === undefined) throw new Error('two replicas')

const removedBy = async ({ ops }: Service) =>
  Number(/^retention_removed_total\{subject="holds"\} (\d+)$/m.exec((await ops.inject('/metrics')).body)?.[1])

/** Holds of one quantity and state that ended so long ago. */
async function plant(count: number, state: string, age: string, quantity = 2): Promise<void> {
  await client.query(
    `INSERT INTO holds (id, event_id, tier_id, quantity, state, expires_at, updated_at)
     SELECT gen_random_uuid(), 'hall', CASE WHEN i % 2 = 0 THEN 'hall-floor' ELSE 'hall-balcony' END, $3, $2, now() + interval '1 hour', now() - $4::interval
     FROM generate_series(1, $1) AS i`,
    [count, state, quantity, age],
  )
}

/** Makes the tiers count what their holds add up to. */
async function openHall(): Promise<void> {
  await client.query('TRUNCATE holds, tiers')
  await plant(10, 'confirmed', '719 hours')
  await plant(24, 'confirmed', '721 hours')
  await plant(20, 'released', '721 hours')
  await plant(20, 'expired', '721 hours')
  await plant(6, 'released', '719 hours')
  await plant(4, 'held', '721 hours')
  await client.query(
    "INSERT INTO holds (id, quantity, state, updated_at) SELECT gen_random_uuid(), 0, 'released', now() - interval '721 hours' FROM generate_series(1, 6)",
  )
  await client.query(`INSERT INTO tiers (id, event_id, stock, held, sold)
    SELECT tier_id, 'hall', 1000, sum(quantity) FILTER (WHERE state = 'held'), sum(quantity) FILTER (WHERE state = 'confirmed')
    FROM holds WHERE tier_id IS NOT NULL GROUP BY tier_id`)
}

const states = async () =>
  Object.fromEntries(
    (await client.query('SELECT state, count(*) AS n FROM holds GROUP BY state')).rows.map(({ state, n }) => [state, Number(n)]),
  )

/** What the tiers count less what the rows add up to. */
const imbalance = async () =>
  (
    await client.query(`SELECT t.held - coalesce(sum(h.quantity) FILTER (WHERE h.state = 'held'), 0)::int AS held,
      t.sold - t.sold_pruned - coalesce(sum(h.quantity) FILTER (WHERE h.state = 'confirmed'), 0)::int AS sold
      FROM tiers t LEFT JOIN holds h ON h.tier_id = t.id GROUP BY t.id`)
  ).rows

const level = [
  { held: 0, sold: 0 },
  { held: 0, sold: 0 },
]

t.test(
  'holds that were over long ago go, a batch at a time; younger ones and those still held stay; what was sold stays counted',
  async (t) => {
    await openHall()
    t.ok(await one.server.prune(), 'there is more')
    t.equal(await removedBy(one), 8)
    while (await one.server.prune()) t.strictSame(await imbalance(), level, 'after each batch')
    t.strictSame(await states(), { confirmed: 10, released: 6, held: 4 })
    t.equal(await removedBy(one), 70)
    t.strictSame(await imbalance(), level)
    const { rows } = await client.query('SELECT sum(sold)::int AS sold, sum(sold_pruned)::int AS pruned FROM tiers')
    t.strictSame(rows, [{ sold: 68, pruned: 48 }])
  },
)

t.test('two replicas at once, while tickets are sold, remove each hold once', async (t) => {
  await openHall()
  const before = (await removedBy(one)) + (await removedBy(other))
  const removal = [one, other].map(async ({ server }) => {
    while (await server.prune());
  })
  const sales = Array.from({ length: 40 }, async (_, i) => {
    const { server } = [one, other][i % 2] as Service
    const orderId = randomUUID()
    const payload = { orderId, eventId: 'hall', tierId: i % 3 ? 'hall-floor' : 'hall-balcony', quantity: 1 }
    t.equal((await insist(() => server.inject({ method: 'POST', url: '/holds', payload }))).statusCode, 201)
    t.equal((await insist(() => server.inject({ method: 'POST', url: `/holds/${orderId}/confirm` }))).statusCode, 200)
  })
  await Promise.all([...removal, ...sales])
  // Whoever found all due rows taken by the other stopped; what that one left is found by the next look.
  while (await one.server.prune());
  t.equal((await removedBy(one)) + (await removedBy(other)) - before, 70)
  t.strictSame(await states(), { confirmed: 50, released: 6, held: 4 })
  t.strictSame(await imbalance(), level)
})
