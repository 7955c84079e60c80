import t from 'tap'
import type { Query } from '../lib/rounds.ts'
import { TicketsHeld } from '../lib/tickets-held.ts'

t.test('the database is asked now and then, however often somebody wants it refreshed', async (t) => {
  let asked = 0
  const held = new TicketsHeld((async () => ({ rows: [{ held: 7 + asked++ }] })) as unknown as Query)
  t.equal(held.count, 0, 'before the first answer')
  for (let i = 0; i < 10; i++) await held.refresh()
  t.strictSame([held.count, asked], [7, 1])
})

t.test('a database that does not answer leaves the figure as it was, and is asked again', async (t) => {
  let asked = 0
  const held = new TicketsHeld((async () => {
    if (asked++ === 0) throw new Error('away')
    return { rows: [{ held: 3 }] }
  }) as unknown as Query)
  await t.rejects(held.refresh(), /away/)
  t.equal(held.count, 0)
  await held.refresh()
  t.equal(held.count, 3)
})
