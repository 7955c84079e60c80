import fc from 'fast-check'
import t from 'tap'
import { RetryBudget } from '../lib/retry-budget.ts'

t.test('nothing is earned in advance, and five calls earn a retry', async (t) => {
  const budget = new RetryBudget(0.2, 10)
  t.notOk(budget.spend())
  for (let i = 0; i < 4; i++) budget.earn()
  t.notOk(budget.spend(), 'four calls are not enough')
  budget.earn()
  t.ok(budget.spend())
  t.notOk(budget.spend(), 'a retry is spent once')
})

t.test('a quiet time saves up no more than the cap', async (t) => {
  const budget = new RetryBudget(0.2, 3)
  for (let i = 0; i < 1000; i++) budget.earn()
  const spent = Array.from({ length: 10 }, () => budget.spend()).filter(Boolean)
  t.equal(spent.length, 3)
})

t.test('whatever the order of calls and failures, retries stay within a fifth of the calls', async () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (failures) => {
      const budget = new RetryBudget(0.2, 20)
      let retries = 0
      failures.forEach((failed, index) => {
        budget.earn()
        for (let retry = 0; failed && retry < 2 && budget.spend(); retry++) retries++
        if (retries > (index + 1) * 0.2 + 1e-3) throw new Error(`${retries} retries after ${index + 1} calls`)
      })
    }),
  )
})
