import { problems } from './problems.ts'
import { answerRepetitions, firstOfEach, inRounds, type Query } from './rounds.ts'
import type { Hold } from './schemas.ts'
import * as statements from './statements.ts'

interface HoldRow {
  id: string
  event_id: string
  tier_id: string
  quantity: number
  state: string
  expires_at_ms: number
  moves: boolean
}

/** Makes the function that confirms a batch of holds by id: the confirmed hold, or the Problem that refuses it, for each in its place. */
export function createConfirm(query: Query): (ids: string[]) => Promise<(Hold | Error)[]> {
  return (ids) =>
    inRounds<Hold>(ids.length, async (open, answers) => {
      const { first, repetitions } = firstOfEach(open, (index) => ids[index] as string)
      const { rows } = await query<HoldRow>('confirm', statements.confirm, [first.map((index) => ids[index])])
      const holds = new Map(rows.map((row) => [row.id, row]))
      for (const index of first) {
        const row = holds.get(ids[index] as string)
        if (row === undefined) answers[index] = problems.hold_not_found()
        else answers[index] = row.moves || row.state === 'confirmed' ? confirmed(row) : problems.hold_expired()
      }
      return answerRepetitions(repetitions, answers)
    })
}

function confirmed({ id, event_id, tier_id, quantity, expires_at_ms }: HoldRow): Hold {
  return { id, eventId: event_id, tierId: tier_id, quantity, state: 'confirmed', expiresAt: new Date(expires_at_ms).toISOString() }
}

/** Makes the function that releases a batch of holds by id: true, also for what holds nothing any more, or the Problem that refuses it. */
export function createRelease(query: Query): (ids: string[]) => Promise<(true | Error)[]> {
  return (ids) =>
    inRounds<true>(ids.length, async (open, answers) => {
      const { first, repetitions } = firstOfEach(open, (index) => ids[index] as string)
      const { rows } = await query<{ id: string; state: string }>('release', statements.release, [first.map((index) => ids[index])])
      const states = new Map(rows.map(({ id, state }) => [id, state]))
      const unknown = first.filter((index) => !states.has(ids[index] as string))
      const arrived = new Set(await entomb(query, unknown, ids))
      for (const index of first) {
        if (!arrived.has(index)) answers[index] = states.get(ids[index] as string) === 'confirmed' ? problems.hold_confirmed() : true
      }
      return [...arrived, ...answerRepetitions(repetitions, answers)]
    })
}

/** A reservation may still be on its way here: the order's id is taken, so that it will hold nothing. Returns those that arrived just now. */
async function entomb(query: Query, unknown: number[], ids: string[]): Promise<number[]> {
  if (unknown.length === 0) return []
  const { rows } = await query<{ id: string }>('entomb', statements.entomb, [unknown.map((index) => ids[index])])
  const done = new Set(rows.map(({ id }) => id))
  return unknown.filter((index) => !done.has(ids[index] as string))
}
