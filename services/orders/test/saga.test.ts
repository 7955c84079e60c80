import t from 'tap'
import { checkPath, edges, isFinal, type State } from '../lib/saga.ts'

const states = Object.keys(edges) as State[]

t.test('every edge may be walked and nothing else', (t) => {
  for (const from of states) {
    for (const to of states) {
      if (edges[from].includes(to)) t.doesNotThrow(() => checkPath([from, to]), `${from} to ${to}`)
      else t.throws(() => checkPath([from, to]), /cannot move/, `${from} to ${to}`)
    }
  }
  t.doesNotThrow(() => checkPath(['held', 'charged', 'confirmed']))
  t.throws(() => checkPath(['held', 'confirmed']), { message: 'an order cannot move from held to confirmed' })
  t.throws(() => checkPath(['held']), /two states/)
  t.end()
})

t.test('every state is reached from pending and leads to an end, without a circle', (t) => {
  const seen = new Set<State>()
  const walk = (state: State, way: State[]): void => {
    t.notOk(way.includes(state), [...way, state].join(' > '))
    seen.add(state)
    if (edges[state].length === 0) t.ok(isFinal(state))
    for (const next of edges[state]) walk(next, [...way, state])
  }
  walk('pending', [])
  t.equal(seen.size, states.length)
  t.strictSame(states.filter(isFinal), ['confirmed', 'cancelled'])
  t.end()
})
