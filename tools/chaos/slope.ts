export interface Sample {
  /** When, in seconds since some moment. */
  atS: number
  value: number
}

/**
 * How fast the values grow: the slope of the straight line with the least squares of distances.
 * @returns per minute; 0 for fewer than two moments, which have no slope
 */
export function slopePerMinute(samples: Sample[]): number {
  const mean = (pick: (sample: Sample) => number) => samples.reduce((sum, sample) => sum + pick(sample), 0) / samples.length
  const [meanS, meanValue] = [mean(({ atS }) => atS), mean(({ value }) => value)]
  const spread = samples.reduce((sum, { atS }) => sum + (atS - meanS) ** 2, 0)
  if (samples.length < 2 || spread === 0) return 0
  return (60 * samples.reduce((sum, { atS, value }) => sum + (atS - meanS) * (value - meanValue), 0)) / spread
}
