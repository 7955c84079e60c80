import type { Sample } from '@headroom/report/sample'
import type { Summary } from '@headroom/report/summary'
import { commonVerdicts, type Verdict } from '@headroom/report/verdict'

/** What a surge on a real cluster must show beyond what it must show anywhere. */
export const limits = {
  grownServicesMin: 2,
  grownReplicas: 4,
  backWithinS: 240,
} as const

/** Every promise of a run on a cluster. @param backAfterS seconds from the surge's end until every service was at its minimum; null when that was not seen */
export function clusterVerdicts(summary: Summary, samples: Sample[], backAfterS: number | null): Verdict[] {
  const grown = Object.entries(summary.services).filter(([, { replicas }]) => replicas.max >= limits.grownReplicas)
  return [
    ...commonVerdicts(summary, samples),
    {
      limit: `at least ${limits.grownServicesMin} services reached ${limits.grownReplicas} replicas`,
      figure: grown.map(([name, { replicas }]) => `${name} ${replicas.max}`).join(', ') || 'none did',
      holds: grown.length >= limits.grownServicesMin,
    },
    {
      limit: `all services back at their minimum within ${limits.backWithinS} s of the surge's end`,
      figure: backAfterS === null ? 'not while it was watched' : `${Math.round(backAfterS)} s`,
      holds: backAfterS !== null && backAfterS <= limits.backWithinS,
    },
  ]
}

/**
 * Seconds from the surge's end until every service had its least replicas again and kept them.
 * @param minimum least replicas by service; a service that is not in it is not looked at
 */
export function backAfterS(samples: Sample[], surgeEndS: number, minimum: Map<string, number>): number | null {
  const atMinimum = ({ services }: Sample) =>
    [...minimum].every(([name, least]) => (services[name]?.current ?? Number.POSITIVE_INFINITY) <= least)
  const lastGrown = samples.findLastIndex((sample) => !atMinimum(sample))
  const back = samples[lastGrown + 1]
  return back === undefined ? null : Math.max(0, back.atS - surgeEndS)
}
