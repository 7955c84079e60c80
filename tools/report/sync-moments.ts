import { DEFAULT_FLAGS } from '@headroom/hpa/spec'
import type { Recording } from './recording-format.ts'

/**
 * When the autoscaler of a service looked, in seconds of the recording. Two looks are never less than a period apart, and what
 * one of them changed is seen at once or a little later; so each moment is the latest that fits what was seen of it and of
 * those after it. Between and beyond what was seen they are a period apart.
 *
 * The local engine decides for all at once, beginning one period after the recording, and its decisions are recorded to the
 * tenth. In a cluster each autoscaler has its own moments; there a look shows in its status as well, where it decides nothing.
 */
export function syncMoments(recording: Recording, service: string): number[] {
  const { header, samples } = recording
  const periodS = DEFAULT_FLAGS.syncPeriodMs / 1000 / header.speed
  const endS = samples.at(-1)?.atS ?? 0
  const seen = header.engine === 'local' ? recording.decisions.map(({ atS }) => atS) : seenOf(recording, service)
  const turns = turnsOf(seen, periodS)
  const first = seen[0] ?? periodS
  const moments: number[] = []
  let latestS = Number.POSITIVE_INFINITY
  for (const atS of turns.toReversed()) {
    latestS = Math.min(atS ?? Number.POSITIVE_INFINITY, latestS - periodS)
    moments.unshift(latestS)
  }
  let beforeS = (moments[0] ?? first + periodS) - periodS
  const earliestS = header.engine === 'local' ? periodS / 2 : 0
  for (; beforeS >= earliestS; beforeS -= periodS) moments.unshift(beforeS)
  for (let afterS = (moments.at(-1) ?? 0) + periodS; afterS <= endS; afterS += periodS) moments.push(afterS)
  return moments.map((atS) => Math.round(atS * 1000) / 1000)
}

/** By turn since the first that was seen: when it was first seen; undefined for a turn that nobody saw. */
function turnsOf(seen: number[], periodS: number): (number | undefined)[] {
  const turns: (number | undefined)[] = []
  let last = seen[0]
  for (const atS of seen) {
    const later = last === undefined ? 0 : Math.round((atS - last) / periodS)
    // Both its decision and its status may show one turn, one after the other.
    if (turns.length > 0 && later === 0) continue
    turns[turns.length === 0 ? 0 : turns.length - 1 + later] = atS
    last = atS
  }
  return Array.from(turns)
}

/** Each decision, and each sample in which the autoscaler's status has other figures than in the one before. */
function seenOf({ samples, decisions }: Recording, service: string): number[] {
  const changed = samples.flatMap(({ atS, services }, index) => {
    const [before, now] = [samples[index - 1]?.services[service], services[service]]
    if (before === undefined || now === undefined) return []
    return before.cpuPercent === now.cpuPercent && before.desired === now.desired ? [] : [atS]
  })
  return [...decisions.filter((decision) => decision.service === service).map(({ atS }) => atS), ...changed].sort((a, b) => a - b)
}
