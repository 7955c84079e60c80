import { setTimeout as delay } from 'node:timers/promises'
import type { Service } from '@headroom/kit/service'
import t from 'tap'
import { post, until, World } from './helper.ts'

const world = await World.start(t)
const eager = { RECOVERY_INTERVAL_MS: '50' }

async function ages({ ops }: Service): Promise<{ order: number; event: number }> {
  const { body } = await ops.inject('/metrics')
  const figure = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1])
  return { order: figure('orders_oldest_unfinished_seconds'), event: figure('outbox_oldest_undelivered_seconds') }
}

t.test('with nothing left behind both ages are 0', async (t) => {
  await post(await world.replica(t))
  await world.published()
  const other = await world.replica(t, eager)
  await delay(200)
  t.strictSame(await ages(other), { order: 0, event: 0 })
})

t.test('the ages are those of the oldest, whichever replica is asked', async (t) => {
  await post(await world.replica(t))
  await world.published()
  await world.rows("UPDATE outbox SET published_at = NULL, claimed_until = now() + interval '1 h', created_at = now() - interval '2 min'")
  await world.rows("UPDATE orders SET state = 'held', lease_until = now() + interval '1 h', created_at = now() - interval '1 min'")
  const other = await world.replica(t, eager)
  await until(async () => (await ages(other)).order > 0)
  const { order, event } = await ages(other)
  t.ok(order >= 60 && order < 75, `${order} s`)
  t.ok(event >= 120 && event < 135, `${event} s`)
})

t.test('an age goes on growing while the database is silent', async (t) => {
  const replica = await world.replica(t, eager)
  await until(async () => (await ages(replica)).order > 0)
  replica.server.database.query = () => Promise.reject(new Error('the database is away'))
  const before = await ages(replica)
  await delay(100)
  const after = await ages(replica)
  t.ok(after.order > before.order && after.event > before.event)
})
