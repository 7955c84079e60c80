import type { SliceSummary, Summary } from './results.ts'

const COLUMNS = ['', 'offered', 'ok', 'refused', 'limited', 'shed', 'failed', 'p50 ms', 'p95 ms', 'p99 ms', 'max ms']

/** A summary as a table for people: a line for each stage and journey, then what went wrong. */
export function summaryText(summary: Summary): string {
  const rows = [
    ...summary.byStage.map((stage) => row(stage.name, stage)),
    ...Object.entries(summary.byJourney).map(([journey, slice]) => row(`  ${journey}`, slice)),
    row('all', summary),
  ]
  const widths = COLUMNS.map((title, column) => Math.max(title.length, ...rows.map((cells) => cells[column]?.length ?? 0)))
  const table = [COLUMNS, ...rows].map((cells) =>
    cells.map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  '),
  )
  const { attempted, confirmed } = summary.orders
  const reasons = ([what, counts]: [string, Record<string, number>]) =>
    Object.entries(counts).map(([reason, count]) => `${what} ${count}: ${reason}`)
  const { refusals, sheddings, failures } = summary
  return [
    `${summary.target} for ${summary.durationS} s${summary.endedEarly === null ? '' : `, ended early: ${summary.endedEarly}`}`,
    ...table,
    ...(attempted > 0 ? [`orders: ${attempted} attempted, ${confirmed} confirmed`] : []),
    ...(summary.onTime === undefined ? [] : [`granted within ${summary.onTime.withinMs} ms: ${summary.onTime.ok}`]),
    ...Object.entries({ refused: refusals, shed: sheddings, failed: failures }).flatMap(reasons),
    ...summary.warnings.map((warning) => `warning: ${warning}`),
    '',
  ].join('\n')
}

function row(name: string, { requests, latencyMs }: SliceSummary): string[] {
  const counts = [requests.offered, requests.ok, requests.refused, requests.limited, requests.shed, requests.failed].map(String)
  const latencies = [latencyMs.p50, latencyMs.p95, latencyMs.p99, latencyMs.max].map((ms) => (ms === null ? '-' : ms.toFixed(1)))
  return [name, ...counts, ...latencies]
}
