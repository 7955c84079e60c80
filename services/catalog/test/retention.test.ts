import { randomUUID } from 'node:crypto'
import type { Service } from '@headroom/kit/service'
import { startDatabase } from '@headroom/kit/test/postgres'
import { build } from '@headroom/kit/testing'
import t from 'tap'
import { service } from '../app.ts'

const { env, client } = await startDatabase(t, new URL('../migrate.ts', import.meta.url), { SEED: 'true' })
const settings = { ...env, RETENTION_INTERVAL_MS: '3600000', RETENTION_BATCH_MAX: '7' }
const [one, other] = await Promise.all([1, 2].map(() => build(t, service, settings)))
if (one === undefined || other === undefined) throw new Error('two replicas')

const removedBy = async ({ ops }: Service) =>
  Number(/^retention_removed_total\{subject="inbox"\} (\d+)$/m.exec((await ops.inject('/metrics')).body)?.[1])

function deliver({ server }: Service, tierId: string, count: number) {
  const events = Array.from({ length: count }, () => ({
    id: randomUUID(),
    type: 'order.confirmed',
    orderId: randomUUID(),
    eventId: tierId.replace(/-\w+$/, ''),
    tierId,
    quantity: 2,
    at: '2026-11-01T10:00:00.000Z',
  }))
  return server.inject({ method: 'POST', url: '/inbox', payload: { events } })
}

const age = (hours: number) => client.query('UPDATE inbox SET received_at = now() - make_interval(hours => $1)', [hours])
const rows = async () => Number((await client.query('SELECT count(*) AS n FROM inbox')).rows[0].n)
/** Tickets that were sold, and those of them that no row of the inbox stands for any more. */
const sold = async () => (await client.query('SELECT sum(sold)::int AS sold, sum(sold_pruned)::int AS pruned FROM tiers')).rows[0]

t.test('events taken long ago are forgotten a batch at a time, younger ones are not, and what was sold stays counted', async (t) => {
  await deliver(one, 'harbor-jazz-floor', 10)
  await deliver(one, 'harbor-jazz-balcony', 10)
  await age(721)
  await deliver(one, 'harbor-jazz-floor', 5)
  t.ok(await one.server.prune(), 'there is more')
  t.strictSame([await removedBy(one), await rows(), await sold()], [7, 18, { sold: 50, pruned: 14 }])
  while (await one.server.prune());
  t.strictSame([await removedBy(one), await rows(), await sold()], [20, 5, { sold: 50, pruned: 40 }])
  await age(719)
  t.notOk(await one.server.prune())
  t.equal(await rows(), 5)
})

t.test('two replicas at once, while events arrive, forget each event once', async (t) => {
  await client.query('TRUNCATE inbox')
  await client.query('UPDATE tiers SET sold = 0, sold_pruned = 0')
  for (const tierId of ['harbor-jazz-floor', 'harbor-jazz-balcony']) await deliver(one, tierId, 50)
  await age(721)
  const before = (await removedBy(one)) + (await removedBy(other))
  const removal = [one, other].map(async ({ server }) => {
    while (await server.prune());
  })
  const arrivals = Array.from({ length: 20 }, (_, i) =>
    deliver(i % 2 ? one : other, i % 3 ? 'harbor-jazz-floor' : 'harbor-jazz-balcony', 5),
  )
  for (const reply of await Promise.all(arrivals)) t.strictSame(reply.json(), { accepted: 5 })
  await Promise.all(removal)
  while (await one.server.prune());
  t.equal((await removedBy(one)) + (await removedBy(other)) - before, 100)
  t.strictSame([await rows(), await sold()], [100, { sold: 400, pruned: 200 }])
})
