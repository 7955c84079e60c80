import { ConcurrencyLimit, windowMs } from '../concurrency-limit.ts'

/** One process with an event loop, simulated: no clock, no chance but a seeded one. */
export interface Simulation {
  /** CPU time of one request and of one refusal. */
  workMs: number
  shedMs?: number
  /** CPU quota: this much of every 100 ms period; the process stands still for the rest. */
  quota?: number
  /** Time a request waits for a peer, between two halves of its work. */
  peerMs?: (nowMs: number) => number
  /** Arrivals per second at a time. */
  ratePerS: (nowMs: number) => number
  durationMs: number
  burst?: { atMs: number; requests: number }
  max?: number
  /** The arm without a limit. */
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

/** Runs a service behind a limit: each turn of its loop takes up everything that waited when it began. */
export function simulate(simulation: Simulation): { outcomes: Outcome[]; limits: { atMs: number; limit: number }[] } {
  const { workMs, shedMs = 0.05, quota = 1, peerMs, max = 512, unlimited = false } = simulation
  const limit = new ConcurrencyLimit({ max })
  const waiting = arrivals(simulation)
  const returning: { atMs: number; arrivedAtMs: number; turn: number }[] = []
  const outcomes: Outcome[] = []
  const limits: { atMs: number; limit: number }[] = []
  let nowMs = 0
  let [next, turn, busyMs] = [0, 0, 0]
  let last = { atMs: 0, busyMs: 0, turn: 0 }
  const spend = (cpuMs: number) => {
    const at = afterWork(nowMs, cpuMs, quota)
    busyMs += at - nowMs
    nowMs = at
  }
  const finish = (arrivedAtMs: number, began: number) => {
    limit.end(began)
    outcomes.push({ arrivedAtMs, latencyMs: nowMs - arrivedAtMs, shed: false })
  }
  while (next < waiting.length || returning.length > 0) {
    turn++
    nowMs = Math.max(nowMs, Math.min(waiting[next] ?? Number.POSITIVE_INFINITY, returning[0]?.atMs ?? Number.POSITIVE_INFINITY))
    const pollAtMs = nowMs
    while ((returning[0]?.atMs ?? Number.POSITIVE_INFINITY) <= pollAtMs) {
      const { arrivedAtMs, turn: began } = returning.shift() as (typeof returning)[number]
      spend(workMs / 2)
      finish(arrivedAtMs, began)
    }
    // As in pressure.ts: with the first arrival of a turn.
    if ((waiting[next] ?? Number.POSITIVE_INFINITY) <= pollAtMs && nowMs - last.atMs >= windowMs) {
      limit.adjust({ elapsedMs: nowMs - last.atMs, busyMs: busyMs - last.busyMs, turns: turn - last.turn })
      last = { atMs: nowMs, busyMs, turn }
      limits.push({ atMs: nowMs, limit: limit.limit })
    }
    for (; (waiting[next] ?? Number.POSITIVE_INFINITY) <= pollAtMs; next++) {
      const arrivedAtMs = waiting[next] as number
      if (!limit.admits(turn) && !unlimited) {
        spend(shedMs)
        outcomes.push({ arrivedAtMs, latencyMs: nowMs - arrivedAtMs, shed: true })
        continue
      }
      limit.begin()
      const began = turn
      spend(peerMs ? workMs / 2 : workMs)
      if (peerMs) {
        returning.push({ atMs: nowMs + peerMs(nowMs), arrivedAtMs, turn: began })
        returning.sort((a, b) => a.atMs - b.atMs)
      } else finish(arrivedAtMs, began)
    }
  }
  return { outcomes, limits }
}

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
