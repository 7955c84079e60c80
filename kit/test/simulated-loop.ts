import { ConcurrencyLimit, windowMs } from '../concurrency-limit.ts'
import { TurnQueue } from '../turn-queue.ts'

/** One process with an event loop, simulated: no clock, no chance but a seeded one. */
export interface Simulation {
  /** CPU time of one request and of one refusal. */
  workMs: number
  shedMs?: number
  /** CPU quota: this much of every 100 ms period; the process stands still for the rest. */
  quota?: number
  /** Time a request waits for a peer, between two parts of its work. */
  peerMs?: (nowMs: number) => number
  /** The first part, of all the work; default a half. */
  workBeforePeer?: number
  /** Arrivals per second at a time. */
  ratePerS: (nowMs: number) => number
  durationMs: number
  burst?: { atMs: number; requests: number }
  min?: number
  max?: number
  /** The arm without a limit and without a queue. */
  unlimited?: boolean
}

export interface Outcome {
  arrivedAtMs: number
  latencyMs: number
  shed: boolean
}

/** Numbers in [0, 1), the same ones for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let x = Math.imul(state ^ (state >>> 15), 1 | state)
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296
  }
}

const periodMs = 100

/** Wall time after `cpuMs` of work from `nowMs`, when the quota ends each period early. */
function afterWork(nowMs: number, cpuMs: number, quota: number): number {
  if (quota >= 1) return nowMs + cpuMs
  let at = nowMs
  let left = cpuMs
  for (;;) {
    const period = Math.floor(at / periodMs) * periodMs
    const end = period + periodMs * quota
    if (at < end && left <= end - at) return at + left
    left -= Math.max(0, end - at)
    at = period + periodMs
  }
}

function arrivals({ ratePerS, durationMs, burst }: Simulation): number[] {
  const random = seeded(7)
  const times: number[] = []
  for (let at = 0; at < durationMs; ) {
    at += (-Math.log(1 - random()) * 1000) / Math.max(ratePerS(at), 0.001)
    if (ratePerS(at) > 0) times.push(at)
  }
  if (burst) times.push(...Array.from({ length: burst.requests }, () => burst.atMs))
  return times.sort((a, b) => a - b)
}

/** Runs a service behind the queue and the limit, as pressure.ts puts them together: each turn of its loop takes up everything that waited when it began. */
export function simulate(simulation: Simulation): { outcomes: Outcome[]; limits: { atMs: number; limit: number }[] } {
  const { workMs, shedMs = 0.05, quota = 1, peerMs, workBeforePeer = 0.5, min, max = 512, unlimited = false } = simulation
  const limit = new ConcurrencyLimit({ max, ...(min && { min, initial: min }) })
  const endOfTurn: (() => void)[] = []
  const queue = new TurnQueue(
    () => nowMs,
    (work) => endOfTurn.push(work),
  )
  const waiting = arrivals(simulation)
  const returning: { atMs: number; arrivedAtMs: number; turn: number }[] = []
  const outcomes: Outcome[] = []
  const limits: { atMs: number; limit: number }[] = []
  let nowMs = 0
  let [next, turn, busyMs] = [0, 0, 0]
  let last = { atMs: 0, busyMs: 0 }
  let [seenAtMs, longestMs] = [0, 0]
  const spend = (cpuMs: number) => {
    const at = afterWork(nowMs, cpuMs, quota)
    busyMs += at - nowMs
    nowMs = at
  }
  const finish = (arrivedAtMs: number, began: number) => {
    limit.end(began)
    outcomes.push({ arrivedAtMs, latencyMs: nowMs - arrivedAtMs, shed: false })
  }
  const shed = (arrivedAtMs: number) => {
    spend(shedMs)
    outcomes.push({ arrivedAtMs, latencyMs: nowMs - arrivedAtMs, shed: true })
  }
  const begin = (arrivedAtMs: number) => {
    limit.begin()
    spend(peerMs ? workMs * workBeforePeer : workMs)
    if (!peerMs) return finish(arrivedAtMs, turn)
    returning.push({ atMs: nowMs + peerMs(nowMs), arrivedAtMs, turn })
    returning.sort((a, b) => a.atMs - b.atMs)
  }
  const arrive = (arrivedAtMs: number) => {
    if (unlimited) return begin(arrivedAtMs)
    if (queue.isFull(browse) || limit.isFull(turn)) return shed(arrivedAtMs)
    if (queue.isFree(turn, nowMs) && limit.hasRoom()) return begin(arrivedAtMs)
    queue.wait(browse, nowMs, (late) => {
      if (late || limit.isFull(turn)) shed(arrivedAtMs)
      else if (limit.hasRoom()) begin(arrivedAtMs)
      else return false
      return true
    })
  }
  while (next < waiting.length || returning.length > 0 || queue.size > 0) {
    turn++
    const wakeAtMs = Math.min(waiting[next] ?? Number.POSITIVE_INFINITY, returning[0]?.atMs ?? Number.POSITIVE_INFINITY)
    if (queue.size === 0) nowMs = Math.max(nowMs, wakeAtMs)
    const pollAtMs = nowMs
    while ((returning[0]?.atMs ?? Number.POSITIVE_INFINITY) <= pollAtMs) {
      const { arrivedAtMs, turn: began } = returning.shift() as (typeof returning)[number]
      spend(workMs * (1 - workBeforePeer))
      finish(arrivedAtMs, began)
    }
    // As in pressure.ts: with the first arrival of a turn.
    if ((waiting[next] ?? Number.POSITIVE_INFINITY) <= pollAtMs) {
      longestMs = Math.max(longestMs, nowMs - seenAtMs)
      seenAtMs = nowMs
    }
    if (seenAtMs === nowMs && nowMs - last.atMs >= windowMs) {
      const window = { elapsedMs: nowMs - last.atMs, busyMs: busyMs - last.busyMs }
      limit.adjust({ ...window, longestTurnMs: Math.max(0, longestMs - (window.elapsedMs - window.busyMs)) })
      last = { atMs: nowMs, busyMs }
      longestMs = 0
      limits.push({ atMs: nowMs, limit: limit.limit })
    }
    for (; (waiting[next] ?? Number.POSITIVE_INFINITY) <= pollAtMs; next++) arrive(waiting[next] as number)
    for (const work of endOfTurn.splice(0)) work()
  }
  return { outcomes, limits }
}

/** The rank in the queue. */
const browse = 2

/** What matters of a span: of the requests that arrived in it, and how many good answers left in it. */
export function summarize(outcomes: Outcome[], fromMs: number, toMs: number) {
  const between = (atMs: number) => atMs >= fromMs && atMs < toMs
  const span = outcomes.filter(({ arrivedAtMs }) => between(arrivedAtMs))
  const accepted = span.filter(({ shed }) => !shed).map(({ latencyMs }) => latencyMs)
  accepted.sort((a, b) => a - b)
  return {
    shedRatio: 1 - accepted.length / span.length,
    goodPerS: (outcomes.filter((o) => !o.shed && between(o.arrivedAtMs + o.latencyMs)).length * 1000) / (toMs - fromMs),
    p99Ms: accepted[Math.floor(accepted.length * 0.99)] ?? Number.NaN,
  }
}
