/** One clock for what two have dated: the load generator its seconds, and whoever watched everything else. */
import type { LoadSample, Sample } from './sample.ts'

/** The promptest line of a run is told within this of its second's end; one that seems later, or early, tells how far the clocks are apart. */
const TOLD_WITHIN_S = 1

/** When the second of load of a sample began, in seconds of the recording. Before version 2 it was dated by the sample. */
export function loadAtS({ atS, load }: Sample): number {
  return load?.atS ?? atS
}

/**
 * How far the load generator's clock is ahead of the recording's, in seconds; 0 where it cannot be told from the time that a
 * line takes. A line is told after its second has ended, so none can be early, and the promptest of a run is hardly late.
 */
export function clockAheadS(samples: Sample[]): number {
  const dated = samples.filter(({ load }) => load?.atS !== undefined)
  // The last second may have ended early.
  const late = dated.slice(0, -1).map((sample) => sample.atS - (loadAtS(sample) + 1))
  const promptest = late.reduce((least, seconds) => Math.min(least, seconds), Number.POSITIVE_INFINITY)
  return Number.isFinite(promptest) && (promptest < -0.1 || promptest > TOLD_WITHIN_S) ? -promptest : 0
}

/** The samples with their seconds of load on the recording's clock. @param aheadS of the load generator's */
export function onOneClock(samples: Sample[], aheadS: number): Sample[] {
  if (aheadS === 0) return samples
  const moved = (load: LoadSample | null) =>
    load?.atS === undefined ? load : { ...load, atS: Math.max(0, Math.round((load.atS - aheadS) * 1000) / 1000) }
  return samples.map((sample) => ({ ...sample, load: moved(sample.load) }))
}

/** For each sample the second of load that went on when it was taken; a sample itself holds the one that had been told by then. */
export function loadDuring(samples: Sample[]): (LoadSample | null)[] {
  const seconds = samples.filter(({ load }) => load !== null)
  let next = 0
  return samples.map((sample) => {
    if (sample.load !== null && sample.load.atS === undefined) return sample.load
    while (next < seconds.length && loadAtS(seconds[next] as Sample) <= sample.atS) next++
    const last = seconds[next - 1]
    return last !== undefined && sample.atS < loadAtS(last) + 1 ? last.load : null
  })
}
