import type { LoadSample } from './sample.ts'

/** One second as tools/load tells it, in the fields used here. */
export interface LoadLine extends Omit<LoadSample, 'atS'> {
  /** Seconds from the load's start to the end of this second; the last one may end early. */
  t: number
  /** The same moment on the load generator's wall clock, in milliseconds. */
  atMs: number
}

/**
 * A second of load for a recording, dated by the load generator and not by whoever reads its lines: those come late, and after
 * a broken connection several at once.
 * @param startedAtMs the recording's beginning on the wall clock
 */
export function loadSecond({ t, atMs, ...line }: LoadLine, startedAtMs: number): LoadSample {
  const beganAtMs = atMs - (t - Math.max(0, Math.ceil(t) - 1)) * 1000
  const { stage, offered, ok, refused, limited, shed, failed, p50Ms, p99Ms } = line
  const atS = Math.round(beganAtMs - startedAtMs) / 1000
  return { atS, stage, offered, ok, refused, limited, shed, failed, p50Ms, p99Ms }
}
