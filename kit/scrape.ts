import type { Outcomes } from './outcomes.ts'

/** What kit's metrics say of one process at one scrape: counters since its start (docs/metrics.md). */
export interface Scrape {
  arrivals: number
  /** Here, or by what it needs. */
  shed: number
  /** Answers of 500 and above, shed ones excluded. */
  failed: number
  cpuS: number
  /** Requests at or below each upper bound, in seconds, all routes together. */
  buckets: Map<number, number>
  calls: Map<string, Outcomes>
}

const duration = 'http_server_request_duration_seconds'

/**
 * Picks out of a scrape what is needed to follow a service. Most lines belong to other metrics and are passed over by their first letters:
 * whoever scrapes many pods each second does so under a small CPU limit.
 */
export function readScrape(text: string): Scrape {
  const scrape: Scrape = { arrivals: 0, shed: 0, failed: 0, cpuS: 0, buckets: new Map(), calls: new Map() }
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at)
    const end = newline < 0 ? text.length : newline
    if (text.startsWith('http_', at) || text.startsWith('process_cpu_seconds_total', at)) readLine(scrape, text.slice(at, end))
    at = end + 1
  }
  return scrape
}

function readLine(scrape: Scrape, line: string): void {
  const space = line.lastIndexOf(' ')
  const value = Number(line.slice(space + 1))
  const brace = line.indexOf('{')
  const name = line.slice(0, brace < 0 ? space : brace)
  switch (name) {
    case 'http_server_requests_total':
      scrape.arrivals += value
      break
    case 'http_server_requests_shed_total':
    case 'http_server_requests_shed_behind_total':
      scrape.shed += value
      break
    case 'process_cpu_seconds_total':
      scrape.cpuS += value
      break
    case `${duration}_count`:
      if (label(line, 'http_response_status_code').startsWith('5')) scrape.failed += value
      break
    case `${duration}_bucket`: {
      const bound = Number(label(line, 'le').replace('+Inf', 'Infinity'))
      scrape.buckets.set(bound, (scrape.buckets.get(bound) ?? 0) + value)
      break
    }
    case 'http_client_requests_total': {
      const calls = scrape.calls.get(label(line, 'peer')) ?? { ok: 0, shed: 0, failed: 0 }
      const outcome = label(line, 'outcome')
      calls[outcome === 'ok' || outcome === 'shed' ? outcome : 'failed'] += value
      scrape.calls.set(label(line, 'peer'), calls)
    }
  }
}

/** The values read here hold no quotes. */
function label(line: string, name: string): string {
  const opening = `${name}="`
  const at = line.indexOf(opening) + opening.length
  return at < opening.length ? '' : line.slice(at, line.indexOf('"', at))
}

/**
 * histogram_quantile as Prometheus computes it: linear within the bucket, the last finite bound for the open one.
 * @param buckets requests at or below each upper bound, in seconds
 * @returns milliseconds; null without requests
 */
export function quantileMs(buckets: ReadonlyMap<number, number>, quantile: number): number | null {
  const total = buckets.get(Number.POSITIVE_INFINITY) ?? 0
  if (total <= 0) return null
  const rank = total * quantile
  let below = 0
  let lower = 0
  for (const upper of [...buckets.keys()].sort((a, b) => a - b)) {
    const upTo = buckets.get(upper) ?? 0
    if (upTo >= rank)
      return upper === Number.POSITIVE_INFINITY ? lower * 1000 : (lower + ((upper - lower) * (rank - below)) / (upTo - below)) * 1000
    below = upTo
    lower = upper
  }
  return lower * 1000
}
