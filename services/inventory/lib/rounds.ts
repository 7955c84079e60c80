import type { Database } from '@headroom/kit/database'
import { problems } from '@headroom/kit/errors'

/** The part of a Database that the statements here need. */
export type Query = Database['query']

/** One look answers nearly everything; a second or third one what two replicas did at the same moment. */
const roundsMax = 4

/**
 * Answers a list of items in rounds: each round decides some of the open ones, and what a race left open is asked again.
 * A round that fails is the answer of what was open in it alone: what was done before is done, and a caller told otherwise would leave it behind.
 * @param decide writes answers by index and returns the indexes that stay open
 */
export async function inRounds<Answer>(count: number, decide: (open: number[], answers: (Answer | Error)[]) => Promise<number[]>) {
  const answers: (Answer | Error)[] = new Array(count)
  let open = Array.from(answers.keys())
  let failure: Error = problems.overloaded('the same order is being worked on elsewhere', { retryAfterS: 1 })
  try {
    for (let round = 0; round < roundsMax && open.length > 0; round++) open = await again(() => decide(open, answers))
  } catch (error) {
    failure = error as Error
  }
  for (const index of open) answers[index] = failure
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

/**
 * Splits indexes into the first of each id, so that one statement sees an id once, and the repetitions.
 * @returns repetitions by index, each with the index of its first
 */
export function firstOfEach(open: number[], idOf: (index: number) => string): { first: number[]; repetitions: Map<number, number> } {
  const firstById = new Map<string, number>()
  const repetitions = new Map<number, number>()
  for (const index of open) {
    const id = idOf(index)
    const first = firstById.get(id)
    if (first === undefined) firstById.set(id, index)
    else repetitions.set(index, first)
  }
  return { first: [...firstById.values()], repetitions }
}

/** Gives repetitions the answer of their first. Returns the indexes that stay open: those whose first does, and those that ask for something else. */
export function answerRepetitions<Answer>(
  repetitions: Map<number, number>,
  answers: (Answer | Error)[],
  isSame: (index: number, first: number) => boolean = () => true,
): number[] {
  const open: number[] = []
  for (const [index, first] of repetitions) {
    const answer = answers[first]
    if (answer !== undefined && isSame(index, first)) answers[index] = answer
    else open.push(index)
  }
  return open
}
