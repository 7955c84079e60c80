import { problems } from './problems.ts'
import { firstOfEach, inRounds, type Query } from './rounds.ts'
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
      const { first, repeated } = firstOfEach(open, (index) => (items[index] as Reservation).orderId)
      const { rows } = await query<Row>('reserve', statements.reserve, [...columnsOf(first, items), ttlS])
      const holds = new Map<string, Row>()
      const events = new Map<string, string | null>()
      let raced = false
      for (const row of rows) {
        if (row.kind === 'tier') events.set(row.id, row.event_id)
        else if (row.kind === 'raced') raced = true
        else holds.set(row.id, row)
      }
      for (const index of first) {
        const item = items[index] as Reservation
        const row = holds.get(item.orderId)
        if (row !== undefined) answers[index] = row.kind === 'granted' ? granted(item, row) : repetition(item, row)
        else if (events.get(item.tierId) !== item.eventId) answers[index] = problems.tier_not_found()
        else if (raced) repeated.push(index)
        else answers[index] = problems.sold_out()
      }
      return repeated.sort((a, b) => a - b)
    })
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
