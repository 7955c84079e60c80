import fc from 'fast-check'
import t from 'tap'
import { Fifo } from '../fifo.ts'

t.test('behaves like an array', async () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat()), { maxLength: 5000, size: 'max' }), (steps) => {
      const fifo = new Fifo<number>()
      const model: number[] = []
      return steps.every((step) => {
        if (step === null) return fifo.shift() === model.shift() && fifo.size === model.length
        fifo.push(step)
        model.push(step)
        return fifo.peek() === model[0] && fifo.size === model.length
      })
    }),
    { numRuns: 30 },
  )
})

t.test('keeps its order through thousands', async (t) => {
  const fifo = new Fifo<number>()
  const taken: (number | undefined)[] = []
  for (let number = 0; number < 5000; number += 1) fifo.push(number)
  while (fifo.size > 0) taken.push(fifo.shift())
  t.same(
    taken,
    Array.from({ length: 5000 }, (_, number) => number),
  )
  t.equal(fifo.shift(), undefined)
})
