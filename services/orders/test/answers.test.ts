import t from 'tap'
import { problem } from './fake.ts'
import { post, World } from './helper.ts'

const world = await World.start(t)

t.test('a catalog that talks nonsense is as good as silent: no order is made, and prices known before still count', async (t) => {
  const known = await world.replica(t, { PRICE_TTL_MS: '1' })
  await post(known)
  const fresh = await world.replica(t)
  const count = await world.rows('SELECT count(*) FROM orders')
  const [id, name] = ['aurora-live-floor', 'Floor']
  for (const odd of [
    undefined,
    {},
    { events: [] },
    { tiers: [] },
    { tiers: 'none' },
    { tiers: [null] },
    { tiers: [{ id, name, priceCents: '7900', currency: 'EUR' }] },
    { tiers: [{ id, name, priceCents: 0, currency: 'EUR' }] },
    { tiers: [{ id, name, priceCents: 7900 }] },
  ]) {
    world.catalog.odd = { status: 200, body: odd }
    t.match((await post(fresh)).json(), { status: 503, code: 'dependency_unavailable' }, JSON.stringify(odd))
  }
  world.catalog.odd = problem(404, 'route_not_found')
  t.match(
    (await post(fresh)).json(),
    { status: 503, code: 'dependency_unavailable' },
    'a misrouted request is no event that does not exist',
  )
  t.strictSame(await world.rows('SELECT count(*) FROM orders'), count)
  for (let i = 0; i < 2; i++) t.equal((await post(known)).json().amountCents, 15_800)
  world.catalog.odd = undefined
  t.equal((await post(fresh)).statusCode, 201)
})
