import type { Sample, ServiceSample } from './sample.ts'

/** A sample and how long it stands for, in seconds: until the next one, and the last as long as the usual distance. */
export interface Span {
  sample: Sample
  seconds: number
}

export function spansOf(samples: Sample[]): Span[] {
  const distances = samples.slice(1).map(({ atS }, index) => atS - (samples[index]?.atS ?? atS))
  const usual = median(distances) ?? 1
  return samples.map((sample, index) => ({ sample, seconds: distances[index] ?? usual }))
}

/** A service's figure summed over time: figure x seconds. Samples without the service, or for which the figure is null, add nothing. */
export function integral(spans: Span[], service: string, figure: (service: ServiceSample, sample: Sample) => number | null): number {
  return spans.reduce((sum, { sample, seconds }) => {
    const own = sample.services[service]
    return sum + (own === undefined ? 0 : (figure(own, sample) ?? 0) * seconds)
  }, 0)
}

/** The middle value, the lower one of two; null of nothing. */
export function median(values: number[]): number | null {
  return quantile(values, 0.5)
}

/** The smallest value that at least this share of the values does not exceed; null of nothing. */
export function quantile(values: number[], share: number): number | null {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? null
}

/** Rounded to so many decimals, so that files do not show the noise of binary fractions. */
export function round(value: number, decimals = 1): number {
  const factor = 10 ** decimals
  return Math.round(value * factor) / factor
}
