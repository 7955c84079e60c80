import { scriptedQuery } from '@headroom/kit/test/scripted-query'
import t from 'tap'
import { TicketsHeld } from '../lib/tickets-held.ts'

t.test('the database is asked now and then, however often somebody wants it refreshed', async (t) => {
  let asked = 0
  const held = new TicketsHeld(scriptedQuery(() => [{ held: 7 + asked++ }]))
  t.equal(held.count, 0, 'before the first answer')
  for (let i = 0; i < 10; i++) await held.refresh()
  t.strictSame([held.count, asked], [7, 1])
})

t.test('a database that does not answer leaves the figure as it was, and is asked again', async (t) => {
  let asked = 0
  const held = new TicketsHeld(
    scriptedQuery(() => {
      if (asked++ === 0) throw new Error('away')
      return [{ held: 3 }]
    }),
  )
  await t.rejects(held.refresh(), /away/)
  t.equal(held.count, 0)
  await held.refresh()
  t.equal(held.count, 3)
})
