import { problems } from '@headroom/kit/errors'
import { scriptedQuery } from '@headroom/kit/test/scripted-query'
import t from 'tap'
import { createReserve } from '../lib/reserve.ts'
import type { Query } from '../lib/rounds.ts'

const hall = { eventId: 'e', tierId: 'floor', quantity: 1 }
const items = ['a', 'b', 'a'].map((orderId) => ({ ...hall, orderId }))
const granted = { kind: 'granted', id: 'a', expires_at_ms: 0, live: true }
const tier = (state: string) => ({ kind: 'tier', id: 'floor', event_id: 'e', state })

/** A database that answers the first statement, after which no connection is to be had. */
function once(...rows: object[]): Query {
  let asked = 0
  return scriptedQuery(() => {
    if (asked++ > 0) throw problems.overloaded()
    return rows
  })
}

for (const [why, rows] of Object.entries({
  'what took the last tickets is not known': [granted, tier('moved')],
  'another replica reserved for one of them': [granted, tier('steady'), { kind: 'raced' }],
})) {
  t.test(`a hold that was made is told, though a later statement finds no connection: ${why}`, async (t) => {
    const answers = await createReserve(once(...rows), 60)(items)
    t.match(answers, [{ id: 'a', state: 'held' }, { code: 'overloaded' }, { id: 'a', state: 'held' }])
  })
}

t.test('a batch whose first statement finds none is refused', async (t) => {
  const query = once()
  await query('', '')
  t.match(await createReserve(query, 60)(items), [{ code: 'overloaded' }, { code: 'overloaded' }, { code: 'overloaded' }])
})
