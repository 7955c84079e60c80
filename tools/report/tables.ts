/** The figures of a report as tables. */
import type { Analysis, ServiceFigures } from './analysis.ts'
import { behaviorText } from './behavior-text.ts'
import { type Cell, paragraph, passOrFail, table } from './html.ts'
import { clock } from './live.ts'
import type { Reaction } from './reaction.ts'
import { decisionLine } from './sample.ts'

/** Rows of the services for which there is something to say. */
export function serviceRows(services: Analysis['services'], cells: (figures: ServiceFigures) => Cell[] | null): Cell[][] {
  return Object.entries(services).flatMap(([name, figures]) => {
    const row = cells(figures)
    return row === null ? [] : [[name, ...row]]
  })
}

export function reactionTable({ reactions, limits }: Analysis): string {
  if (reactions.length === 0) return paragraph('The load has no step.')
  const told = (seconds: number | null, what: string | null) =>
    seconds === null ? 'not in this stage' : `${seconds} s${what ? ` (${what})` : ''}`
  const row = (name: string, figure: (reaction: Reaction) => string) => [name, ...reactions.map(figure)]
  return table({
    caption: 'Seconds since the step',
    columns: ['step', ...reactions.map(({ stage, atS }) => `${stage}, at ${clock(atS)}`)],
    rows: [
      row('requests/s', ({ fromPerS, toPerS }) => `${fromPerS} → ${toPerS}`),
      row('first decision', ({ firstDecisionS, firstDecision }) => told(firstDecisionS, firstDecision)),
      row('first new replica ready', ({ firstReadyS, firstReady }) => told(firstReadyS, firstReady)),
      row(`p99 back under ${limits.p99MsMax} ms for 5 s`, ({ p99BackS }) => (p99BackS === 0 ? 'never above' : told(p99BackS, null))),
    ],
  })
}

export function scalingTable({ services }: Analysis): string {
  return table({
    caption: 'Replicas over time, beside those the load needed',
    columns: [
      'service',
      'replicas',
      'changes',
      'replica-seconds',
      "oracle's",
      'ratio',
      'seconds short of the oracle',
      'capacity per pod at the target, requests/s',
      'requests per one let in',
    ],
    rows: serviceRows(services, (figures) => [
      // Kept together by spaces that do not break.
      `${figures.replicas.min}\u00a0→\u00a0${figures.replicas.max}\u00a0→\u00a0${figures.replicas.final}`,
      figures.changes,
      figures.replicaSeconds,
      figures.oracleReplicaSeconds,
      figures.oracleRatio,
      figures.shortageS,
      figures.capacityPerPod,
      figures.requestsPerOffered,
    ]),
  })
}

export function outcomeTable({ requests, orders, latencyMs }: Analysis): string {
  const share = (count: number) => (requests.offered === 0 ? null : `${Math.round((count / requests.offered) * 10_000) / 100} %`)
  const rows = Object.entries(requests).map(([outcome, count]): Cell[] => [outcome, count, share(count)])
  const ordered = orders && `Orders: ${orders.confirmed} of ${orders.attempted} attempts confirmed.`
  const ms = (value: number | null) => (value === null ? 'not known' : `${Math.round(value)} ms`)
  const latency =
    latencyMs && `Latency: p50 ${ms(latencyMs.p50)}, p95 ${ms(latencyMs.p95)}, p99 ${ms(latencyMs.p99)}, longest ${ms(latencyMs.max)}.`
  const sentences = [ordered, latency].filter((sentence) => sentence !== null).join(' ')
  return `${table({ caption: 'All requests of the load', columns: ['outcome', 'requests', 'share'], rows })}${paragraph(sentences)}`
}

export function shareTable({ services }: Analysis): string {
  return table({
    caption: 'From stretches of at least 5 s with the same two or more ready replicas',
    columns: ['service', 'busiest replica over the mean', 'Gini coefficient', 'stretches', 'seconds'],
    rows: serviceRows(services, ({ share }) => share && [share.maxOverMean, share.gini, share.stretches, share.seconds]),
  })
}

export function startUpTable({ services }: Analysis): string {
  return table({
    caption: 'Seconds from starting to ready',
    columns: ['service', 'replicas', 'median', 'p95', 'longest'],
    rows: serviceRows(services, ({ startUp }) => startUp && [startUp.count, startUp.medianS, startUp.p95S, startUp.maxS]),
  })
}

export function decisionsTable({ decisions }: Analysis): string {
  if (decisions.length === 0) return paragraph('No autoscaler changed anything.')
  return table({
    caption: 'In order of time',
    columns: ['at', 'decision'],
    rows: decisions.map((decision) => [clock(decision.atS), decisionLine(decision)]),
  })
}

export function invariantsTable({ invariants }: Analysis): string {
  const rows = Object.entries(invariants).map(([name, { holds, checked }]): Cell[] => [name, passOrFail(holds), checked])
  if (rows.length === 0) return paragraph('No invariant was checked.')
  return table({ caption: 'From committed rows and the log of the buyers', columns: ['invariant', 'verdict', 'checked'], rows })
}

/** What all autoscalers have in common is said once. */
export function ruledTable({ services }: Analysis): string {
  const texts = Object.values(services).flatMap(({ ruled }) => (ruled.autoscaled ? [behaviorText(ruled.behavior)] : []))
  const [common, ...others] = new Set(texts)
  const own = others.length > 0
  const figures = table({
    caption: `Replicas${own ? ', CPU and behavior' : ' and CPU'} of each service`,
    columns: ['service', 'replicas', 'CPU target', 'CPU request', 'CPU limit', ...(own ? ['behavior'] : [])],
    rows: serviceRows(services, ({ ruled }) => [
      ruled.autoscaled ? `${ruled.minReplicas} to ${ruled.maxReplicas}` : `${ruled.minReplicas}, not autoscaled`,
      ruled.targetPercent === null ? null : `${ruled.targetPercent} %`,
      `${ruled.cpuRequestMillicores}m`,
      ruled.cpuLimitMillicores === 0 ? 'none' : `${ruled.cpuLimitMillicores}m`,
      ...(own ? [ruled.autoscaled ? behaviorText(ruled.behavior) : null] : []),
    ]),
  })
  return own || common === undefined ? figures : `${figures}${paragraph(`Behavior of every autoscaler: ${common}.`)}`
}

export function probesTable({ services }: Analysis): string {
  return table({
    caption: 'How often one began to fail of replicas that had been ready',
    columns: ['service', 'readiness', 'liveness'],
    rows: serviceRows(services, ({ failedProbes }) => failedProbes && [failedProbes.readiness, failedProbes.liveness]),
  })
}
