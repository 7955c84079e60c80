import t from 'tap'
import { answerRepetitions, firstOfEach, inRounds } from '../lib/rounds.ts'

t.test('what a round leaves open is asked again until it is answered', async (t) => {
  const asked: number[][] = []
  const answers = await inRounds<string>(3, async (open, answers) => {
    asked.push(open)
    answers[open[0] as number] = `answer ${open[0]}`
    return open.slice(1)
  })
  t.strictSame(asked, [[0, 1, 2], [1, 2], [2]])
  t.strictSame(answers, ['answer 0', 'answer 1', 'answer 2'])
})

t.test('rounds end: what stays open is refused as overloaded', async (t) => {
  let rounds = 0
  const answers = await inRounds<string>(2, async () => {
    rounds++
    return [1]
  })
  t.equal(rounds, 4)
  t.match(answers[1], { code: 'overloaded', retryAfterS: 1 })
})

t.test('the victim of a deadlock tries once more; another error, or a second deadlock, is the answer', async (t) => {
  let calls = 0
  const decideAfter = (failures: number, code: string) => async (open: number[], answers: (string | Error)[]) => {
    if (++calls <= failures) throw Object.assign(new Error('statement'), { code })
    for (const index of open) answers[index] = 'done'
    return []
  }
  t.strictSame(await inRounds<string>(1, decideAfter(1, '40P01')), ['done'])
  calls = 0
  t.match(await inRounds<string>(1, decideAfter(2, '40P01')), [{ code: '40P01' }])
  calls = 0
  t.match(await inRounds<string>(1, decideAfter(1, '23514')), [{ code: '23514' }])
  t.equal(calls, 1)
})

t.test('of each id the first is asked, and its repetitions share the answer if they ask the same', async (t) => {
  const ids = ['a', 'b', 'a', 'c', 'b', 'a']
  const { first, repetitions } = firstOfEach([0, 1, 2, 3, 4, 5], (index) => ids[index] as string)
  t.strictSame(first, [0, 1, 3])
  t.strictSame(
    [...repetitions],
    [
      [2, 0],
      [4, 1],
      [5, 0],
    ],
  )
  const answers: (string | Error)[] = []
  answers[0] = 'answer a'
  t.strictSame(
    answerRepetitions(repetitions, answers, (index) => index !== 2),
    [2, 4],
    'open: one that differs, and one whose first is open',
  )
  t.equal(answers[5], 'answer a')
})
