import type { Service } from '@headroom/kit/service'
import t from 'tap'
import { post, until, World } from './helper.ts'

const world = await World.start(t)
const { catalog } = world
const eager = { OUTBOX_INTERVAL_MS: '20' }

async function placeOrders(replica: Service, count: number): Promise<string[]> {
  const ids: string[] = []
  // Ten at a time, so that the replica has no reason to shed.
  while (ids.length < count) {
    const replies = await Promise.all(Array.from({ length: Math.min(10, count - ids.length) }, () => post(replica)))
    ids.push(...replies.map((reply) => reply.json().id))
  }
  return ids
}

/** Every order's effect is there once: two tickets, no less and no more. */
function effects(ids: string[]): number[] {
  return [...new Set(ids.map((id) => catalog.sold.get(id) ?? 0))]
}

/** As if every publisher that claimed events had died long ago. */
async function endClaims(): Promise<void> {
  await world.rows('UPDATE outbox SET claimed_until = now() WHERE published_at IS NULL')
}

t.test('confirmed orders travel together, soon after they were confirmed', async (t) => {
  const replica = await world.replica(t)
  const ids = await placeOrders(replica, 30)
  await world.published()
  t.strictSame(effects(ids), [2])
  t.ok(catalog.deliveries <= 5, `${catalog.deliveries} deliveries for 30 events`)
})

t.test('a consumer that fails before or after it took a batch gets it again, and counts it once', async (t) => {
  const replica = await world.replica(t, eager)
  let calls = 0
  catalog.fault = (call) => {
    if (call !== 'POST /inbox' || calls++ % 3 === 2) return undefined
    return { when: calls % 2 ? 'after' : 'before', how: (['reset', 500, 503] as const)[(calls % 3) as 0 | 1 | 2] }
  }
  const ids = await placeOrders(replica, 40)
  await until(async () => {
    await endClaims()
    return (await world.rows('SELECT 1 FROM outbox WHERE published_at IS NULL LIMIT 1')).length === 0
  })
  catalog.fault = () => undefined
  t.ok(calls > 2, `${calls} deliveries tried`)
  t.strictSame(effects(ids), [2])
})

t.test('several publishers share the work and lose nothing when they are closed in the middle', async (t) => {
  const writer = await world.replica(t)
  const ids: string[] = []
  for (let round = 0; round < 4; round++) {
    catalog.fault = (call) => (call === 'POST /inbox' ? { when: 'before', how: 500 } : undefined)
    ids.push(...(await placeOrders(writer, 60)))
    catalog.fault = () => undefined
    catalog.delayMs = 30
    const delivered = catalog.seen('POST /inbox')
    await endClaims()
    const publishers = await Promise.all([1, 2, 3].map(() => world.replica(t, eager)))
    await delivered
    await Promise.all(publishers.map((publisher) => publisher.close()))
    catalog.delayMs = 0
  }
  await world.replica(t, eager)
  await endClaims()
  await world.published()
  t.strictSame(effects(ids), [2])
  await world.audit(t)
})

t.test('events of a publisher that died with them are taken by another when its claim has passed', async (t) => {
  const replica = await world.replica(t)
  catalog.failNext('POST /inbox', { when: 'after', how: 'hang' })
  const taken = catalog.seen('POST /inbox')
  const ids = await placeOrders(replica, 3)
  await taken
  const other = await world.replica(t, eager)
  await until(async () => (await metric(other, 'outbox_events_published_total')) === 0)
  await endClaims()
  await world.published()
  t.equal(await metric(other, 'outbox_events_published_total'), 3)
  t.strictSame(effects(ids), [2])
})

t.test('a catalog that is gone delays events and nothing else', async (t) => {
  const replica = await world.replica(t, eager)
  await placeOrders(replica, 1)
  const port = Number(new URL(catalog.url).port)
  await catalog.stop()
  const ids = await placeOrders(replica, 5)
  await until(async () => (await metric(replica, 'outbox_failures_total')) > 0)
  await catalog.start(port)
  await endClaims()
  await world.published()
  t.strictSame(effects(ids), [2])
  await world.audit(t)
})

async function metric({ ops }: Service, name: string): Promise<number> {
  const { body } = await ops.inject('/metrics')
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(body)?.[1])
}
