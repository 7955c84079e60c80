import { client as clientOf, peer } from '@headroom/kit/test/peer'
import { startDatabase } from '@headroom/kit/test/postgres'
import { scriptedQuery } from '@headroom/kit/test/scripted-query'
import { newTraceparent } from '@headroom/kit/tracing'
import t from 'tap'
import { deliverEvents } from '../lib/outbox.ts'
import * as statements from '../lib/statements.ts'

const { client } = await startDatabase(t, new URL('../migrate.ts', import.meta.url))

const takers = [
  {
    text: statements.claimEvents,
    limit: 100,
    plant: "INSERT INTO outbox (order_id, type, payload) SELECT gen_random_uuid(), 'order.confirmed', '{}' FROM generate_series(1, 1000)",
  },
  {
    text: statements.takeOver,
    limit: 10,
    plant: `INSERT INTO orders (id, key_expires_at, request_hash, event_id, tier_id, quantity, amount_cents, currency, state, lease_until)
      SELECT gen_random_uuid(), now(), '', 'e', 't', 1, 1, 'EUR', 'pending', now() - interval '1 s' FROM generate_series(1, 1000)`,
  },
]

for (const { text, limit, plant } of takers) {
  t.test(`a plan made while there was nothing to take still takes at most ${limit}`, async (t) => {
    const take = async () => (await client.query<{ id: string }>({ name: `take ${limit}`, text, values: [limit, 5] })).rows
    // An empty table that statistics call empty, and so many rounds that the plan is kept: the planner then has no reason to fear a loop.
    await client.query('VACUUM ANALYZE')
    for (let round = 0; round < 8; round++) t.strictSame(await take(), [])
    await client.query(plant)
    const first = await take()
    t.equal(first.length, limit)
    const taken = new Set(first.map(({ id }) => id))
    for (const { id } of await take()) taken.add(id)
    t.equal(taken.size, 2 * limit, 'the next takes others')
  })
}

t.test('a delivery is never larger than the consumer takes, however many were claimed', async (t) => {
  const claimed = Array.from({ length: 250 }, (_, n) => ({ id: `${n}`, payload: {}, attempts: 1 }))
  const marked: unknown[][] = []
  const query = scriptedQuery((name, [ids]) => {
    if (name === 'claim_events') return claimed
    marked.push([name, ids])
    return []
  })
  const sent: string[] = []
  const url = await peer(t, async (message, reply) => {
    sent.push((await message.toArray()).join(''))
    reply.end()
  })
  const { client: consumer } = await clientOf(t, { url })
  const delivery = await deliverEvents({ query }, consumer, async (_name, _attributes, work) => await work(newTraceparent()))
  const ids = claimed.slice(0, 100).map(({ id }) => id)
  t.strictSame(
    sent.map((body) => JSON.parse(body).events.map(({ id }: { id: string }) => id)),
    [ids],
  )
  t.strictSame(marked, [['events_delivered', ids]], 'what was not sent is not marked')
  t.strictSame(delivery, { delivered: 100, more: true })
})
