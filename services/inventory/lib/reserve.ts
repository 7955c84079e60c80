import { problems } from './problems.ts'
import { answerRepetitions, firstOfEach, inRounds, type Query } from './rounds.ts'
import type { Hold, Reservation } from './schemas.ts'
import * as statements from './statements.ts'

interface Row {
  kind: 'granted' | 'known' | 'tier' | 'raced'
  id: string
  event_id: string | null
  tier_id: string
  quantity: number
  state: string
  expires_at_ms: number
  live: boolean
}

/**
 * Makes the function that reserves a batch: a hold, or the Problem that refuses it, for each reservation in its place.
 * @param ttlS seconds until a hold that is not confirmed expires
 */
export function createReserve(query: Query, ttlS: number): (items: Reservation[]) => Promise<(Hold | Error)[]> {
  return (items) =>
    inRounds<Hold>(items.length, async (open, answers) => {
      const { first, repetitions } = firstOfEach(open, (index) => (items[index] as Reservation).orderId)
      const { rows } = await query<Row>('reserve', statements.reserve, [...columnsOf(first, items), ttlS])
      const { holds, tiers, raced } = sorted(rows)
      const undecided: number[] = []
      const refusedAfterWait: number[] = []
      for (const index of first) {
        const item = items[index] as Reservation
        const row = holds.get(item.orderId)
        const tier = tiers.get(item.tierId)
        if (row !== undefined) answers[index] = row.kind === 'granted' ? granted(item, row) : repetition(item, row)
        else if (tier?.event_id !== item.eventId) answers[index] = problems.tier_not_found()
        else if (raced) undecided.push(index)
        else if (tier.state === 'moved') refusedAfterWait.push(index)
        else answers[index] = problems.sold_out()
      }
      await refuseUnlessHeld(query, refusedAfterWait, items, answers)
      const others = answerRepetitions(repetitions, answers, (index, of) => isSame(items[index] as Reservation, items[of] as Reservation))
      return [...undecided, ...others].sort((a, b) => a - b)
    })
}

function sorted(rows: Row[]): { holds: Map<string, Row>; tiers: Map<string, Row>; raced: boolean } {
  const holds = new Map<string, Row>()
  const tiers = new Map<string, Row>()
  let raced = false
  for (const row of rows) {
    if (row.kind === 'tier') tiers.set(row.id, row)
    else if (row.kind === 'raced') raced = true
    else holds.set(row.id, row)
  }
  return { holds, tiers, raced }
}

/** What took the last tickets while the statement waited may have been the same order, sent to another replica: only a later look can tell. */
async function refuseUnlessHeld(query: Query, indexes: number[], items: Reservation[], answers: (Hold | Error)[]): Promise<void> {
  if (indexes.length === 0) return
  const orderIds = indexes.map((index) => (items[index] as Reservation).orderId)
  // Should the look fail, the others of the batch have their holds all the same.
  const look = await query<Row>('known', statements.known, [orderIds]).catch((error: Error) => error)
  const { holds } = sorted(look instanceof Error ? [] : look.rows)
  for (const index of indexes) {
    const item = items[index] as Reservation
    const row = holds.get(item.orderId)
    if (look instanceof Error) answers[index] = look
    else answers[index] = row === undefined ? problems.sold_out() : repetition(item, row)
  }
}

function isSame(a: Reservation, b: Reservation): boolean {
  return a.tierId === b.tierId && a.eventId === b.eventId && a.quantity === b.quantity
}

function columnsOf(indexes: number[], items: Reservation[]): [string[], string[], string[], number[]] {
  const columns: [string[], string[], string[], number[]] = [[], [], [], []]
  for (const index of indexes) {
    const { orderId, eventId, tierId, quantity } = items[index] as Reservation
    columns[0].push(orderId)
    columns[1].push(eventId)
    columns[2].push(tierId)
    columns[3].push(quantity)
  }
  return columns
}

function granted({ orderId, eventId, tierId, quantity }: Reservation, { expires_at_ms }: Row): Hold {
  return { id: orderId, eventId, tierId, quantity, state: 'held', expiresAt: new Date(expires_at_ms).toISOString() }
}

/** The same order again: the hold it has, unless that is over or was for something else. */
function repetition(item: Reservation, row: Row): Hold | Error {
  const tombstone = row.tier_id === null
  if (!tombstone && (row.tier_id !== item.tierId || row.event_id !== item.eventId || row.quantity !== item.quantity))
    return problems.order_id_reused()
  if (row.state === 'confirmed') return { ...granted(item, row), state: 'confirmed' }
  return row.state === 'held' && row.live ? granted(item, row) : problems.hold_expired()
}
