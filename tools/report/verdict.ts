import { stagesOf } from './reaction.ts'
import type { Sample } from './sample.ts'
import { refusedShareAtEnd, type Summary } from './summary.ts'

/** One stated limit and whether the run kept it. */
export interface Verdict {
  limit: string
  figure: string
  holds: boolean
}

/** Limits that a surge keeps on either engine. */
export const limits = {
  failedMax: 0,
  confirmedShareMin: 0.9,
  refusedShareMax: 0.05,
}

/** What must grow by so many replicas and come back, each group by one of its services: the promise of `make demo`. */
export const growth = {
  grownBy: 2,
  grown: [['gateway'], ['orders'], ['catalog', 'inventory']],
}

/** What a cluster promises in its place: so many services with so many replicas, and all back within so many seconds of the surge's end. */
export const clusterGrowth = {
  grownServicesMin: 2,
  grownReplicas: 4,
  backWithinSMax: 240,
}

const noSurge = 'there was no surge'

/** What every run promises, whatever it runs on. @param given in place of the limits above */
export function commonVerdicts(summary: Summary, samples: Sample[], given = limits): Verdict[] {
  const { requests, orders, invariants } = summary
  const refusedShare = refusedShareAtEnd(samples, 'surge')
  const confirmedShare = orders.attempted === 0 ? 0 : orders.confirmed / orders.attempted
  const broken = Object.entries(invariants).filter(([, { holds }]) => !holds)
  return [
    {
      limit: given.failedMax === 0 ? 'no request failed' : `at most ${given.failedMax} requests failed`,
      figure: `${requests.failed} of ${requests.offered}`,
      holds: requests.failed <= given.failedMax && requests.offered > 0,
    },
    {
      limit: `at least ${percent(given.confirmedShareMin)} of order attempts confirmed`,
      figure: `${percent(confirmedShare)}: ${orders.confirmed} of ${orders.attempted}`,
      holds: confirmedShare >= given.confirmedShareMin,
    },
    {
      limit: `shed and limited at most ${percent(given.refusedShareMax)} in the last third of the surge`,
      figure: refusedShare === null ? noSurge : percent(refusedShare),
      holds: refusedShare !== null && refusedShare <= given.refusedShareMax,
    },
    {
      limit: 'all invariants hold',
      figure: broken.length === 0 ? Object.keys(invariants).join(' ') : `broken: ${broken.map(([name]) => name).join(' ')}`,
      holds: broken.length === 0 && Object.keys(invariants).length > 0,
    },
  ]
}

/**
 * That each named group has a service that the surge made larger by at least `by` replicas, and that came back. Replicas that
 * were wanted before the surge do not count: what grows in the calm answers something else.
 */
export function scaledVerdicts(summary: Summary, samples: Sample[], groups: string[][], by: number): Verdict[] {
  const surge = stagesOf(samples).find(({ name }) => name === 'surge')
  const before = samples.findLast(({ atS }) => atS < (surge?.atS ?? 0)) ?? samples[0]
  return groups.map((names) => {
    const sizes = names.map((name) => {
      const since = samples.flatMap(({ atS, services }) => (atS >= (surge?.atS ?? 0) ? (services[name]?.ready ?? []) : []))
      const atStep = before?.services[name]?.current ?? 0
      const { min, final } = summary.services[name]?.replicas ?? { min: 0, final: 0 }
      return { name, atStep, most: Math.max(atStep, ...since), final, back: final === min }
    })
    return {
      limit: `${names.join(' or ')} up by ${by} replicas after the step and back`,
      figure:
        surge === undefined ? noSurge : sizes.map(({ name, atStep, most, final }) => `${name} ${atStep} -> ${most} -> ${final}`).join(', '),
      holds: surge !== undefined && sizes.some(({ atStep, most, back }) => most - atStep >= by && back),
    }
  })
}

/** The verdicts as lines for a terminal. */
export function verdictText(verdicts: Verdict[]): string {
  return verdicts.map(({ limit, figure, holds }) => `${holds ? 'pass' : 'FAIL'}  ${limit} (${figure})`).join('\n')
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`
}
