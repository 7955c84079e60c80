import type { PodChange } from './recording-format.ts'

/** A replica with its own times, in milliseconds of the wall clock; `readyAtMs` is null until it is ready. */
export interface TimedPod {
  name: string
  startedAtMs: number
  readyAtMs: number | null
}

/**
 * When replicas started and became ready, by their own clocks in place of the moments they were looked at.
 *
 *   for (const change of times.changes('orders', pods, Date.now())) recording.pod(change)   // before the sample that shows them
 */
export class PodTimes {
  readonly #originMs: number
  /** Of the replicas of the last call, by service. */
  readonly #readyAtMs = new Map<string, Map<string, number | null>>()

  /** @param originMs the recording's `startedAt`; of a replica that started before it nothing is told until it changes */
  constructor(originMs: number) {
    this.#originMs = originMs
  }

  /** What happened to the replicas of a service since it was last asked; a time that is not yet is now. @param pods those that do not drain */
  changes(service: string, pods: TimedPod[], nowMs: number): PodChange[] {
    const before = this.#readyAtMs.get(service)
    this.#readyAtMs.set(service, new Map(pods.map(({ name, readyAtMs }) => [name, readyAtMs])))
    return pods.flatMap(({ name, startedAtMs, readyAtMs }) => {
      const known = before?.get(name)
      const change = (state: 'starting' | 'ready', atMs: number): PodChange => {
        const seconds = (Math.min(atMs, nowMs) - this.#originMs) / 1000
        return { atS: Math.max(0, Math.round(seconds * 1000) / 1000), service, pod: name, state }
      }
      const isNew = known === undefined
      if (isNew && startedAtMs < this.#originMs) return []
      const started = isNew ? [change('starting', startedAtMs)] : []
      return readyAtMs === null || readyAtMs === known ? started : [...started, change('ready', Math.max(startedAtMs, readyAtMs))]
    })
  }
}
