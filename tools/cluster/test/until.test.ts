import t from 'tap'
import { until } from '../until.ts'

t.test('asks until the answer is there', async (t) => {
  const answers = [undefined, 'there', 'too much']
  t.equal(await until('it', async () => answers.shift()), 'there')
  t.strictSame(answers, ['too much'])
})

t.test('gives up with the name of what did not come', async (t) => {
  await t.rejects(
    until('it', async () => undefined, 0),
    { name: 'ClusterError', message: 'it: not within 0 s' },
  )
})
