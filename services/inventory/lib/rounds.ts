import type { Database } from '@headroom/kit/database'
import { problems } from '@headroom/kit/errors'

/** The part of a Database that the statements here need. */
export type Query = Database['query']

/** One look answers nearly everything; a second or third one what two replicas did at the same moment. */
const roundsMax = 4

/**
 * Answers a list of items in rounds: each round decides some of the open ones, and what a race left open is asked again.
 * @param decide writes answers by index and returns the indexes that stay open
 */
export async function inRounds<Answer>(count: number, decide: (open: number[], answers: (Answer | Error)[]) => Promise<number[]>) {
  const answers = new Array<Answer | Error>(count)
  let open = Array.from(answers.keys())
  for (let round = 0; round < roundsMax && open.length > 0; round++) open = await again(() => decide(open, answers))
  for (const index of open) answers[index] = problems.overloaded('the same order is being worked on elsewhere', { retryAfterS: 1 })
  return answers
}

/** SQLSTATE deadlock_detected: the statement did nothing, and whoever it collided with is through by now. */
async function again<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if ((error as { code?: string }).code !== '40P01') throw error
    return await work()
  }
}

/** Splits indexes into the first of each id and the repetitions, so that one statement sees an id once. */
export function firstOfEach(open: number[], idOf: (index: number) => string): { first: number[]; repeated: number[] } {
  const seen = new Set<string>()
  const first: number[] = []
  const repeated: number[] = []
  for (const index of open) {
    const id = idOf(index)
    if (seen.has(id)) repeated.push(index)
    else {
      seen.add(id)
      first.push(index)
    }
  }
  return { first, repeated }
}
