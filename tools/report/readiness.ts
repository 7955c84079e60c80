import type { PodChange, ProbeAnswer } from './recording-format.ts'

/** What a replica's readiness probe says, and since when, in milliseconds of the wall clock. */
export interface Readiness {
  name: string
  ok: boolean
  sinceMs: number
}

/** What readiness probes answered, each time it changed, at the moment it did and not when it was looked at. */
export class ReadinessChanges {
  readonly #originMs: number
  /** The answers of the last call, by service. */
  readonly #answers = new Map<string, Map<string, boolean>>()

  /** @param originMs the recording's `startedAt`; of an answer older than that nothing is told until it changes */
  constructor(originMs: number) {
    this.#originMs = originMs
  }

  /** The changes since it was last asked; a time that is not yet is now. @param replicas those that do not drain: one that does says no on purpose */
  changes(service: string, replicas: Readiness[], nowMs: number): ProbeAnswer[] {
    const before = this.#answers.get(service)
    this.#answers.set(service, new Map(replicas.map(({ name, ok }) => [name, ok])))
    return replicas.flatMap(({ name, ok, sinceMs }) => {
      const known = before?.get(name)
      if (known === ok || (known === undefined && sinceMs < this.#originMs)) return []
      const atS = Math.max(0, Math.min(sinceMs, nowMs) - this.#originMs) / 1000
      return [{ atS, service, pod: name, probe: 'readiness', ok }]
    })
  }
}

/** How often a probe of a service began to fail. A replica that has not been ready yet says no because it starts. */
export function failedProbes(service: string, probes: ProbeAnswer[], pods: PodChange[]): Record<ProbeAnswer['probe'], number> {
  // The first time counts, so the last one written.
  const readyAtS = new Map(
    pods
      .toReversed()
      .filter(({ state }) => state === 'ready')
      .map(({ pod, atS }) => [pod, atS]),
  )
  const failed = probes.filter((answer) => answer.service === service && !answer.ok)
  return {
    readiness: failed.filter(({ probe, pod, atS }) => probe === 'readiness' && (readyAtS.get(pod) ?? Number.POSITIVE_INFINITY) <= atS)
      .length,
    liveness: failed.filter(({ probe }) => probe === 'liveness').length,
  }
}
