import t from 'tap'
import { isPlainId, learnShop } from '../shop.ts'
import { closedPort, reply, serve, shop } from './helper.ts'

t.test('learns events and their tiers', async (t) => {
  const url = await serve(
    t,
    shop(() => undefined),
  )
  t.same(await learnShop(new URL(url), 1000), [
    { id: 'aurora-live', tierIds: ['aurora-live-floor', 'aurora-live-balcony'] },
    { id: 'harbor-jazz', tierIds: ['harbor-jazz-floor', 'harbor-jazz-balcony'] },
  ])
})

t.test('asks again while the target starts', async (t) => {
  let asked = 0
  const url = await serve(t, (_, response) =>
    reply(response, ++asked < 3 ? 503 : 200, { events: [{ id: 'a', tiers: [{ id: 'a-floor' }] }] }),
  )
  t.same(await learnShop(new URL(url), 5000), [{ id: 'a', tierIds: ['a-floor'] }])
  t.equal(asked, 3)
})

t.test('says what it got instead', async (t) => {
  const refused = async (answer: unknown, status: number, message: RegExp) => {
    const url = await serve(t, (_, response) => reply(response, status, answer))
    await t.rejects(learnShop(new URL(url), 0), { message })
  }
  await refused({}, 404, /no events to buy from: GET http.*\/api\/events answered 404 \(asked for 0 s\)/)
  await refused({ events: [] }, 200, /listed no event with a tier/)
  await refused({ events: [{ id: 'a' }, null, { id: 'b', tiers: [{ id: '../' }] }] }, 200, /listed no event with a tier/)
  await refused('text', 200, /listed no event with a tier/)
  await t.rejects(learnShop(new URL(`http://127.0.0.1:${await closedPort()}`), 0), { message: /failed: connect ECONNREFUSED/ })
})

t.test('stops asking when told to', async (t) => {
  const stop = new AbortController()
  const learning = learnShop(new URL(`http://127.0.0.1:${await closedPort()}`), 60_000, stop.signal)
  stop.abort('SIGINT')
  await t.rejects(learning, { message: /no events to buy from/ })
})

t.test('ids that can stand in a URL', async (t) => {
  t.ok(isPlainId('aurora-live_1.~'))
  for (const id of ['', 'a/b', 'a b', 'ä', 7, null, 'x'.repeat(101)]) t.notOk(isPlainId(id), String(id))
})
