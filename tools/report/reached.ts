/** Limits on how far services grew, and how soon after the surge all of them were back: what a surge on a cluster must show. */
import type { ReportLimits } from './limits-file.ts'
import { stagesOf } from './reaction.ts'
import type { ServiceHeader } from './recording-format.ts'
import type { Sample } from './sample.ts'
import type { Summary } from './summary.ts'
import type { Verdict } from './verdict.ts'

type Sized = Record<string, Pick<ServiceHeader, 'minReplicas' | 'spec'>>

/** Verdicts of `grownServicesMin` and `backWithinSMax`; none for one that is null. @param services their numbers, by name */
export function reachedVerdicts(summary: Summary, samples: Sample[], services: Sized, limits: ReportLimits): Verdict[] {
  const { grownServicesMin, grownReplicas, backWithinSMax } = limits
  const verdicts: Verdict[] = []
  if (grownServicesMin !== null) {
    const grown = Object.entries(summary.services).filter(([, { replicas }]) => replicas.max >= grownReplicas)
    verdicts.push({
      limit: `at least ${grownServicesMin} services reached ${grownReplicas} replicas`,
      figure: grown.map(([name, { replicas }]) => `${name} ${replicas.max}`).join(', ') || 'none did',
      holds: grown.length >= grownServicesMin,
    })
  }
  if (backWithinSMax !== null) {
    const surgeEndS = stagesOf(samples).findLast(({ name }) => name === 'surge')?.untilS
    const autoscaled = Object.entries(services).filter(([, { spec }]) => spec !== null)
    const least = new Map(autoscaled.map(([name, { minReplicas }]) => [name, minReplicas]))
    const backS = surgeEndS === undefined ? null : backAfterS(samples, surgeEndS, least)
    const unseen = surgeEndS === undefined ? 'there was no surge' : 'not while it was watched'
    verdicts.push({
      limit: `all services back at their minimum within ${backWithinSMax} s of the surge's end`,
      figure: backS === null ? unseen : `${Math.round(backS)} s`,
      holds: backS !== null && backS <= backWithinSMax,
    })
  }
  return verdicts
}

/**
 * Seconds from the surge's end until every service had its least replicas again and kept them; null when that was not seen.
 * @param least replicas by service; a service that is not in it is not looked at
 */
export function backAfterS(samples: Sample[], surgeEndS: number, least: Map<string, number>): number | null {
  const atLeast = ({ services }: Sample) =>
    [...least].every(([name, replicas]) => (services[name]?.current ?? Number.POSITIVE_INFINITY) <= replicas)
  const lastGrown = samples.findLastIndex((sample) => !atLeast(sample))
  const back = samples[lastGrown + 1]
  return back === undefined ? null : Math.max(0, back.atS - surgeEndS)
}
