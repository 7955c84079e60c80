import type { Random } from '@headroom/load/random'
import type { Verdict } from '@headroom/report/verdict'

/** What a row is given to run. */
export interface RowContext {
  seed: number
  /** Numbers that the seed repeats. */
  random: Random
  /** How many of something: the row's full count, or its reduced one with --quick. */
  count(full: number, quick: number): number
  quick: boolean
  /** A folder of its own for logs and databases. */
  folder: string
  note(text: string): void
  signal: AbortSignal
}

/** What a row measured, and whether each of its limits held. */
export interface RowResult {
  figures: Record<string, number | string>
  checks: Verdict[]
}

/** One row of the table of promises: a fault, and what must hold under it. */
export interface Row {
  /** Name on the command line, and of its result file. */
  name: string
  promise: string
  /** What is done, with the full counts and the reduced ones of --quick, in words. */
  full: string
  quick: string
  run(context: RowContext): Promise<RowResult>
}

/** A check in words: what must hold, and the figure that says whether it does. */
export function check(limit: string, figure: number | string, holds: boolean): Verdict {
  return { limit, figure: String(figure), holds }
}
