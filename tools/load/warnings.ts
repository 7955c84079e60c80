import type { ScheduleSummary } from './results.ts'

const LATE_RATIO_MAX = 0.01

/** Sentences about what the generator itself got wrong, which a reader must know before trusting the figures. */
export function warningsOf(schedule: ScheduleSummary, connectionsMax: number): string[] {
  const warnings: string[] = []
  if (schedule.lateRatio > LATE_RATIO_MAX) {
    const percent = (schedule.lateRatio * 100).toFixed(1)
    warnings.push(
      `the schedule was not kept: ${percent} % of the requests left more than 5 ms late (at most ${schedule.maxLateMs} ms): give the generator more CPU or offer less`,
    )
  }
  if (schedule.waitedForConnection > 0) {
    warnings.push(
      `${schedule.waitedForConnection} requests waited for one of ${connectionsMax} connections, which their latency includes: raise --connections-max`,
    )
  }
  return warnings
}
