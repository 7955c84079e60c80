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
      figure: percent(refusedShare),
      holds: refusedShare <= given.refusedShareMax,
    },
    {
      limit: 'all invariants hold',
      figure: broken.length === 0 ? Object.keys(invariants).join(' ') : `broken: ${broken.map(([name]) => name).join(' ')}`,
      holds: broken.length === 0 && Object.keys(invariants).length > 0,
    },
  ]
}

/** That each named group has a service that grew by at least `by` replicas and came back. */
export function scaledVerdicts(summary: Summary, groups: string[][], by: number): Verdict[] {
  return groups.map((names) => {
    const grown = names.map((name) => ({ name, ...(summary.services[name]?.replicas ?? { min: 0, max: 0, final: 0 }) }))
    return {
      limit: `${names.join(' or ')} up by ${by} replicas and back`,
      figure: grown.map(({ name, min, max, final }) => `${name} ${min} -> ${max} -> ${final}`).join(', '),
      holds: grown.some(({ min, max, final }) => max - min >= by && final === min),
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
