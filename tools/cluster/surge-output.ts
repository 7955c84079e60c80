import type { LoadLine as LoadSecond } from '@headroom/report/load-line'
import type { InvariantResult, LoadResult } from '@headroom/report/summary'

/** What one line of the load generator's output says. */
export type LoadLine = { sample: LoadSecond } | { summary: LoadResult } | undefined

/** Reads a line of tools/load's output; what is no JSON object (its closing words for people) is left out. */
export function readLoadLine(line: string): LoadLine {
  if (!line.startsWith('{')) return undefined
  const value = JSON.parse(line)
  if (value.summary) return { summary: value.summary }
  return { sample: { ...value, p50Ms: value.p50Ms ?? 0, p99Ms: value.p99Ms ?? 0 } }
}

/** Reads the table that tools/invariants prints: a line per invariant, `I1    yes   1200   title`. */
export function readInvariants(lines: string[]): Record<string, InvariantResult> {
  const found: Record<string, InvariantResult> = {}
  for (const line of lines) {
    const match = /^(I\d+)\s+(yes|NO)\s+(\d+)\s/.exec(line)
    if (match) found[match[1] as string] = { holds: match[2] === 'yes', checked: Number(match[3]) }
  }
  return found
}
