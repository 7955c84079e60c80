/** The limits a report judges by: those of `make demo`, and others where a file names them. */
import { boolean, type Check, listOf, number, orNull, shape, text, whole } from './checks.ts'
import { readYaml, UsageError } from './input-file.ts'
import { growth, limits } from './verdict.ts'

/** Every limit by its name in a limits file. One that is null is not judged. */
export const defaultLimits = {
  ...limits,
  /** Whether all invariants must have been checked and hold. */
  invariantsHold: true,
  /** How many replicas one service of each group must grow by and come back; no group, no verdict. */
  ...growth,
  /** The p99 that counts as back to normal after a step, in milliseconds. */
  p99MsMax: 1000,
  /** Of every step of the load, in seconds since the step. */
  firstDecisionSMax: null as number | null,
  firstReadySMax: null as number | null,
  p99BackSMax: null as number | null,
  /** Of the worst service: start-up time in seconds, seconds short of the oracle, replica-seconds over the oracle's. */
  startUpSMax: null as number | null,
  shortageSMax: null as number | null,
  oracleRatioMax: null as number | null,
}

export type ReportLimits = typeof defaultLimits

/** Every key of the file may be left out, and then has its default. */
const given =
  (check: Check): Check =>
  (value, path) =>
    value === undefined ? undefined : check(value, path)

const share: Check = (value, path) => number(0)(value, path) ?? ((value as number) <= 1 ? undefined : `${path} must be a share from 0 to 1`)

const checks: Record<keyof ReportLimits, Check> = {
  failedMax: whole(),
  confirmedShareMin: share,
  refusedShareMax: share,
  invariantsHold: boolean,
  grownBy: whole(1),
  grown: listOf(listOf(text()), 20),
  p99MsMax: number(1),
  firstDecisionSMax: orNull(number()),
  firstReadySMax: orNull(number()),
  p99BackSMax: orNull(number()),
  startUpSMax: orNull(number()),
  shortageSMax: orNull(number()),
  oracleRatioMax: orNull(number(1)),
}

const file = shape(Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, given(check)])), true)

/** Reads a limits file. @throws UsageError naming the first key that is not known or has no usable value */
export function readLimits(path: string): ReportLimits {
  const value = readYaml('--limits', path)
  const problem = file(value, '')
  if (problem !== undefined) throw new UsageError(`--limits ${path}: ${problem}`)
  return { ...defaultLimits, ...(value as Partial<ReportLimits>) }
}
