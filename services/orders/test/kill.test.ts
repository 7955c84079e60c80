import { randomUUID } from 'node:crypto'
import t from 'tap'
import { post, until, World } from './helper.ts'
import { kill, send, startVictim } from './victim.ts'

const world = await World.start(t)

t.test('replicas killed at random moments under load lose no acknowledged order', async (t) => {
  const acknowledged = new Map<string, string>()
  const keys: string[] = []
  for (let round = 0; round < 2; round++) {
    const victim = await startVictim(world, t)
    let open = true
    const clients = Array.from({ length: 10 }, async () => {
      while (open) {
        const key = randomUUID()
        keys.push(key)
        const reply = await send(victim, key)
        if (reply?.status === 201) acknowledged.set(key, reply.body)
      }
    })
    const goal = acknowledged.size + 20 + Math.floor(Math.random() * 40)
    await until(() => acknowledged.size >= goal)
    await kill(victim)
    open = false
    await Promise.all(clients)
  }
  const other = await world.replica(t, { RECOVERY_INTERVAL_MS: '20', OUTBOX_INTERVAL_MS: '20' })
  await world.endLeases()
  await world.settled()
  for (const [key, body] of acknowledged) t.equal((await post(other, { key })).body, body)
  await world.rows('UPDATE outbox SET claimed_until = now() WHERE published_at IS NULL')
  await world.published()
  await world.audit(t)
  const confirmed = await world.rows<{ id: string }>("SELECT id FROM orders WHERE state = 'confirmed'")
  t.strictSame(
    [...world.catalog.sold.values()].filter((sold) => sold !== 2),
    [],
    'every effect once',
  )
  t.equal(world.catalog.sold.size, confirmed.length)
  t.ok(keys.length > acknowledged.size, `${keys.length - acknowledged.size} orders had no reply`)
})
