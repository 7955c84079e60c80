import type { ServiceFigures } from './analysis.ts'
import type { ReportLimits } from './limits-file.ts'
import { reachedVerdicts } from './reached.ts'
import type { Reaction } from './reaction.ts'
import type { ServiceHeader } from './recording-format.ts'
import type { Sample } from './sample.ts'
import type { Summary } from './summary.ts'
import { commonVerdicts, scaledVerdicts, type Verdict } from './verdict.ts'

/** What is judged. */
export interface Judged {
  summary: Summary
  samples: Sample[]
  header: { services: Record<string, Pick<ServiceHeader, 'minReplicas' | 'spec'>> }
  reactions: Reaction[]
  services: Record<string, ServiceFigures>
}

/** A verdict for each limit: those of the demos first, then those that a limits file adds. */
export function limitVerdicts({ summary, samples, header, reactions, services }: Judged, limits: ReportLimits): Verdict[] {
  const common = commonVerdicts(summary, samples, limits)
  return [
    ...(limits.invariantsHold ? common : common.filter(({ limit }) => limit !== 'all invariants hold')),
    ...scaledVerdicts(summary, samples, limits.grown, limits.grownBy),
    ...reachedVerdicts(summary, samples, header.services, limits),
    ...ofSteps('first decision', reactions, 'firstDecisionS', limits.firstDecisionSMax),
    ...ofSteps('first new replica ready', reactions, 'firstReadyS', limits.firstReadySMax),
    ...ofSteps(`p99 back under ${limits.p99MsMax} ms`, reactions, 'p99BackS', limits.p99BackSMax),
    ...ofServices('start-up at most', ' s', services, ({ startUp }) => startUp?.maxS ?? null, limits.startUpSMax),
    ...ofServices('short of the oracle at most', ' s', services, ({ shortageS }) => shortageS, limits.shortageSMax),
    ...ofServices("replica-seconds at most the oracle's times", '', services, ({ oracleRatio }) => oracleRatio, limits.oracleRatioMax),
  ]
}

/** Of every step; one that was not answered breaks the limit, and so does a run without any step. */
function ofSteps(
  what: string,
  reactions: Reaction[],
  figure: 'firstDecisionS' | 'firstReadyS' | 'p99BackS',
  mostS: number | null,
): Verdict[] {
  if (mostS === null) return []
  const told = reactions.map((reaction) => `${reaction.stage} ${reaction[figure] === null ? 'never' : `${reaction[figure]} s`}`)
  return [
    {
      limit: `${what} within ${mostS} s of each step`,
      figure: told.join(', ') || 'the load has no step',
      holds: reactions.length > 0 && reactions.every((reaction) => (reaction[figure] ?? Number.POSITIVE_INFINITY) <= mostS),
    },
  ]
}

/** Of the worst service; a run in which none could be measured breaks the limit, since it proves nothing. */
function ofServices(
  what: string,
  unit: string,
  services: Record<string, ServiceFigures>,
  figure: (service: ServiceFigures) => number | null,
  most: number | null,
): Verdict[] {
  if (most === null) return []
  const known = Object.entries(services).flatMap(([name, service]) => {
    const value = figure(service)
    return value === null ? [] : [{ name, value }]
  })
  const [worst] = known.toSorted((a, b) => b.value - a.value)
  return [
    {
      limit: `${what} ${most}${unit}`,
      figure: worst === undefined ? 'not known of any service' : `${worst.name} ${worst.value}${unit}`,
      holds: worst !== undefined && worst.value <= most,
    },
  ]
}
