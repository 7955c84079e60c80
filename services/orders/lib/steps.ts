import type { CallContext } from '@headroom/kit/deadlines'
import { problems as common, type Problem } from '@headroom/kit/errors'
import { type Order, orderView, type StoredReply } from './order.ts'
import type { Move } from './order-store.ts'
import type { Peers, Undone } from './peers.ts'
import { problems, storedRefusal } from './problems.ts'
import type { Reason, State } from './saga.ts'

/** What one step found out: where the order goes, and whether to stop there for now. */
export interface Step {
  move?: Move
  /** The peer's answer is not known: the rest is for later. */
  unknown?: boolean
  /** Nothing was done and the order was given up: what to tell the client, who may try again with the same key. */
  refusal?: Problem
}

/** Takes one step of an order: asks the one peer that its state depends on. */
export function takeStep(peers: Peers, context: CallContext, order: Order): Promise<Step> {
  return steps[order.state](peers, context, order)
}

type TakeStep = (peers: Peers, context: CallContext, order: Order) => Promise<Step>

const steps: Readonly<Record<State, TakeStep>> = {
  pending: async (peers, context, order) => {
    const outcome = await peers.hold(context, order)
    if (outcome === 'held') return { move: { path: ['pending', 'held'] } }
    if (isUndone(outcome)) return undone(order, 'inventory', outcome, ['pending', 'cancelled'])
    // An order for what does not exist was never begun, whether catalog's prices say so or inventory: no reply of its key.
    if (outcome === 'tier_not_found' && order.claim === 0)
      return { move: { path: ['pending', 'cancelled'], reason: outcome, giveBackKey: true }, refusal: problems.tier_not_found() }
    // Whoever was asked twice may still hold something in a while: release it in advance.
    const path: State[] = order.claim === 0 ? ['pending', 'cancelled'] : ['pending', 'cancelling']
    return { move: cancelled(path, outcome) }
  },
  held: async (peers, context, order) => {
    const outcome = await peers.charge(context, order)
    if (outcome === 'captured') return await confirm(peers, context, order, ['held', 'charged'])
    if (isUndone(outcome)) return undone(order, 'payments', outcome, ['held', 'cancelling'])
    return { move: cancelled(['held', 'cancelling'], outcome) }
  },
  charged: (peers, context, order) => confirm(peers, context, order, ['charged']),
  refunding: async (peers, context, order) => {
    const outcome = await peers.refund(context, order)
    return outcome === 'refunded' ? { move: { path: ['refunding', 'cancelling'] } } : { unknown: true }
  },
  cancelling: async (peers, context, order) => {
    const outcome = await peers.release(context, order)
    return outcome === 'released' ? { move: { path: ['cancelling', 'cancelled'] } } : { unknown: true }
  },
  confirmed: async () => ({}),
  cancelled: async () => ({}),
}

/** Confirms the hold of a captured charge. A crash before this is written costs only a question asked again, so the charge shares its statement. */
async function confirm(peers: Peers, context: CallContext, order: Order, path: readonly State[]): Promise<Step> {
  const outcome = await peers.confirm(context, order)
  if (outcome === 'confirmed') return { move: { path: [...path, 'confirmed'], reply: confirmedReply(order) } }
  if (outcome === 'hold_expired') return { move: cancelled([...path, 'refunding'], 'hold_expired') }
  return { move: path.length > 1 ? { path } : undefined, unknown: true }
}

/**
 * A peer that did not do as asked. If the request that made the order was the only one ever to ask, and the peer surely did nothing,
 * the order is given up and its key given back; in any other case nobody can know, and the question stays open.
 */
function undone(order: Order, peer: string, outcome: Undone, path: readonly State[]): Step {
  if (outcome === 'unknown' || order.claim > 0) return { unknown: true }
  const refusal =
    outcome === 'overloaded'
      ? common.overloaded(`${peer} is too busy`, { retryAfterS: 1 })
      : common.dependency_unavailable(`${peer} does not answer`, { retryAfterS: 1 })
  return { move: { path, reason: 'unavailable', giveBackKey: true }, refusal }
}

/** The move that gives an order up because it took too long to hold anything. */
export function timedOut(): Move {
  return cancelled(['pending', 'cancelling'], 'order_timed_out')
}

function cancelled(path: readonly State[], reason: Exclude<Reason, 'unavailable'>): Move {
  return { path, reason, reply: storedRefusal(problems[reason](details[reason])) }
}

/** Where the money is, for who reads the refusal. */
const details: Partial<Record<Reason, string>> = {
  payment_declined: 'nothing was charged',
  hold_expired: 'the tickets could not be kept until the payment was done; what was charged is given back',
}

function confirmedReply(order: Order): StoredReply {
  return { status: 201, body: JSON.stringify(orderView({ ...order, state: 'confirmed' })) }
}

function isUndone(outcome: string): outcome is Undone {
  return outcome === 'overloaded' || outcome === 'unreachable' || outcome === 'unknown'
}
