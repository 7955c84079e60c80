/**
 * Where an order can be. A crash in any of them loses nothing: what each still needs is asked for again, under the same id.
 *
 * - `pending`: accepted; tickets may have been held, nothing can have been charged.
 * - `held`: tickets held; a charge may have been made.
 * - `charged`: money captured; the hold may have been confirmed.
 * - `confirmed`: done, and its event is in the outbox.
 * - `refunding`: the tickets were lost after the charge; the money may have been given back.
 * - `cancelling`: owes nobody money; the hold may have been released.
 * - `cancelled`: done; nothing held, nothing captured.
 */
export type State = 'pending' | 'held' | 'charged' | 'confirmed' | 'refunding' | 'cancelling' | 'cancelled'

/** Every move there is. The statement that makes one also requires the order to be where it starts from (WHERE state = from). */
export const edges: Readonly<Record<State, readonly State[]>> = {
  pending: ['held', 'cancelling', 'cancelled'],
  held: ['charged', 'cancelling'],
  charged: ['confirmed', 'refunding'],
  refunding: ['cancelling'],
  cancelling: ['cancelled'],
  confirmed: [],
  cancelled: [],
}

/** Why an order was cancelled. `unavailable`, and `tier_not_found` at the first question, gave the key back: to the client it never existed. */
export type Reason = 'sold_out' | 'tier_not_found' | 'payment_declined' | 'hold_expired' | 'order_timed_out' | 'unavailable'

/** True when no step is left. */
export function isFinal(state: State): boolean {
  return edges[state].length === 0
}

/**
 * States passed in one go, the present one first. Moves between which nothing happens outside share one statement.
 * @throws Error when a move is none of `edges`: a mistake in this service
 */
export function checkPath(path: readonly State[]): void {
  for (let i = 1; i < path.length; i++) {
    const [from, to] = [path[i - 1] as State, path[i] as State]
    if (!edges[from].includes(to)) throw new Error(`an order cannot move from ${from} to ${to}`)
  }
  if (path.length < 2) throw new Error('a path needs two states')
}
