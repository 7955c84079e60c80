/** What other policies would have done, and how well the prediction fits what was done. */
import type { Analysis } from './analysis.ts'
import { type Cell, paragraph, section, table } from './html.ts'
import { clock } from './live.ts'
import { serviceRows } from './tables.ts'

/** Differences shown per report; report.json has them all. */
const DIFFERENCES_SHOWN = 100

const openLoop =
  "The autoscaler's rules, given the recorded CPU of all ready replicas as the demand of each second: utilization = recorded CPU / (replicas x request), each replica at most at its CPU limit, new replicas ready after the median start-up time. Where replicas were at their limit or requests were shed, the demand was larger than the CPU shows."

/** Two sections, each left out where no service was autoscaled. */
export function replaySections({ services }: Analysis): string[] {
  const rows = Object.entries(services).flatMap(([name, { outcomes, replicaSeconds, replicas, changes, shortageS }]): Cell[][] => {
    if (outcomes.length === 0) return []
    return [
      [name, 'recorded', replicaSeconds, replicas.max, changes, shortageS],
      ...outcomes.map((outcome): Cell[] => [
        name,
        outcome.policy,
        outcome.replicaSeconds,
        outcome.maxReplicas,
        outcome.changes,
        outcome.shortageS,
      ]),
    ]
  })
  const columns = ['service', 'policy', 'replica-seconds', 'most replicas', 'changes', 'seconds short of the oracle']
  const policies = rows.length === 0 ? [] : [table({ caption: 'Each policy over the whole recording', columns, rows }), paragraph(openLoop)]
  return [
    section('replay', 'What this policy would have done', policies),
    section('agreement', 'Prediction and recording', [agreementTable(services), differencesTable(services)]),
  ]
}

function agreementTable(services: Analysis['services']): string {
  const percent = (value: number | null) => (value === null ? null : `${value} %`)
  return table({
    caption: "The rules given the recorded CPU and size at each sync, beside the autoscaler's own answer",
    columns: ['service', 'sync periods', 'agree', 'periods with a change', 'agree'],
    rows: serviceRows(services, ({ agreement }) => {
      if (agreement === null) return null
      return [agreement.periods, percent(agreement.agreePercent), agreement.changes, percent(agreement.agreeChangesPercent)]
    }),
  })
}

function differencesTable(services: Analysis['services']): string {
  const all = Object.entries(services)
    .flatMap(([service, { agreement }]) => (agreement?.differences ?? []).map((difference) => ({ service, ...difference })))
    .toSorted((a, b) => a.atS - b.atS)
  const more = all.length > DIFFERENCES_SHOWN ? `, the first ${DIFFERENCES_SHOWN} of ${all.length}` : ''
  return table({
    caption: `Where they differ${more}`,
    columns: ['at', 'service', 'size', 'predicted', 'recorded', "the prediction's reason"],
    rows: all
      .slice(0, DIFFERENCES_SHOWN)
      .map(({ atS, service, current, predicted, recorded, why }) => [clock(atS), service, current, predicted, recorded, why]),
  })
}
