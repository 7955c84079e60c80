/** The limits a report judges by: those of `make demo` or of `make kind-demo`, and others where a file names them. */
import { boolean, type Check, listOf, number, orNull, shape, text, whole } from './checks.ts'
import { readYaml, UsageError } from './input-file.ts'
import type { RecordingHeader } from './recording-format.ts'
import { clusterGrowth, growth, limits } from './verdict.ts'

const common = {
  ...limits,
  /** Whether all invariants must have been checked and hold. */
  invariantsHold: true,
  /** How many replicas one service of each group must grow by and come back; no group, no verdict. */
  ...growth,
  /** How many services must have reached so many replicas. */
  grownServicesMin: null as number | null,
  grownReplicas: clusterGrowth.grownReplicas,
  /** Seconds from the end of the surge until every autoscaled service had its least replicas and kept them. */
  backWithinSMax: null as number | null,
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

export type ReportLimits = typeof common

/** Every limit by its name in a limits file, as each engine promises it. One that is null is not judged. */
export const defaultLimits: Record<RecordingHeader['engine'], ReportLimits> = {
  local: common,
  kubernetes: { ...common, grown: [], ...clusterGrowth },
}

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
  grownServicesMin: orNull(whole(1)),
  grownReplicas: whole(1),
  backWithinSMax: orNull(number()),
  p99MsMax: number(1),
  firstDecisionSMax: orNull(number()),
  firstReadySMax: orNull(number()),
  p99BackSMax: orNull(number()),
  startUpSMax: orNull(number()),
  shortageSMax: orNull(number()),
  oracleRatioMax: orNull(number(1)),
}

const file = shape(Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, given(check)])), true)

/** Reads a limits file: what it names stands in place of the default. @throws UsageError naming the first key that is not known or has no usable value */
export function readLimits(path: string): Partial<ReportLimits> {
  const value = readYaml('--limits', path)
  const problem = file(value, '')
  if (problem !== undefined) throw new UsageError(`--limits ${path}: ${problem}`)
  return value as Partial<ReportLimits>
}
