import { loadAtS } from './clocks.ts'
import { type Decision, decisionLine, type Sample } from './sample.ts'

const loadColumns = ['offered', 'ok', 'refused', 'limited', 'shed', 'failed', 'p50Ms', 'p99Ms'] as const
const serviceColumns = ['current', 'desired', 'ready', 'cpuPercent', 'requestsPerS', 'p99Ms', 'shedPerS', 'failedPerS'] as const

/** A row per second: what was offered and answered, a group of columns per service, and the decisions of that second. RFC 4180. */
export function timelineCsv(samples: Sample[], decisions: Decision[]): string {
  const names = [...new Set(samples.flatMap((sample) => Object.keys(sample.services)))].sort()
  const header = [
    'atS',
    'stage',
    ...loadColumns,
    'loadAtS',
    ...names.flatMap((name) => serviceColumns.map((column) => `${name}.${column}`)),
    'decisions',
  ]
  const rows = samples.map((sample, index) => {
    const untilS = samples[index + 1]?.atS ?? Number.POSITIVE_INFINITY
    const taken = decisions.filter(({ atS }) => atS >= sample.atS && atS < untilS).map(decisionLine)
    const load = loadColumns.map((column) => sample.load?.[column])
    const services = names.flatMap((name) => serviceColumns.map((column) => sample.services[name]?.[column]))
    return [sample.atS, sample.load?.stage, ...load, sample.load && loadAtS(sample), ...services, taken.join('; ')]
  })
  return [header, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('')
}

function cell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return ''
  if (typeof value === 'number') return String(Math.round(value * 1000) / 1000)
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value
}
