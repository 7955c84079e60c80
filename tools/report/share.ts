/** How evenly requests are spread over the replicas that are ready. */
import type { Sample } from './sample.ts'
import { spansOf } from './spans.ts'

/** Shorter stretches hold too few requests to tell chance from an uneven balancer. */
const STRETCH_S_MIN = 5

export interface PodShare {
  /** Requests of the busiest replica over the mean: 1 is even. */
  maxOverMean: number
  /** 0 is even; (n - 1) / n is everything at one of n. */
  gini: number
  /** Stretches of one set of at least two ready replicas, and their seconds together. */
  stretches: number
  seconds: number
}

/** The Gini coefficient of amounts that are not negative; 0 of nothing. */
export function gini(amounts: number[]): number {
  const total = amounts.reduce((sum, amount) => sum + amount, 0)
  if (total === 0) return 0
  const ranked = amounts.toSorted((a, b) => a - b).reduce((sum, amount, index) => sum + (index + 1) * amount, 0)
  return (2 * ranked) / (amounts.length * total) - (amounts.length + 1) / amounts.length
}

/**
 * The share of each replica, from stretches in which the same two or more replicas were ready; each stretch counts by its
 * requests. Null when there is none, or when replicas cannot be told apart.
 */
export function podShare(samples: Sample[], service: string): PodShare | null {
  const stretches = stretchesOf(samples, service).filter(({ seconds, requests }) => seconds >= STRETCH_S_MIN && sum(requests) > 0)
  const weight = sum(stretches.map(({ requests }) => sum(requests)))
  if (weight === 0) return null
  const weighted = (figure: (amounts: number[]) => number) =>
    sum(stretches.map(({ requests }) => figure(requests) * sum(requests))) / weight
  return {
    maxOverMean: weighted((amounts) => Math.max(...amounts) / (sum(amounts) / amounts.length)),
    gini: weighted(gini),
    stretches: stretches.length,
    seconds: sum(stretches.map(({ seconds }) => seconds)),
  }
}

interface Stretch {
  key: string
  seconds: number
  requests: number[]
}

function stretchesOf(samples: Sample[], service: string): Stretch[] {
  const stretches: Stretch[] = []
  let open: Stretch | undefined
  for (const { sample, seconds } of spansOf(samples)) {
    const ready = (sample.services[service]?.pods ?? [])
      .filter(({ state }) => state === 'ready')
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    if (ready.length < 2 || ready.some(({ requestsPerS }) => requestsPerS === null)) {
      open = undefined
      continue
    }
    const key = ready.map(({ name }) => name).join('\n')
    if (open?.key !== key) {
      open = { key, seconds: 0, requests: ready.map(() => 0) }
      stretches.push(open)
    }
    open.seconds += seconds
    for (const [index, { requestsPerS }] of ready.entries())
      open.requests[index] = (open.requests[index] ?? 0) + (requestsPerS ?? 0) * seconds
  }
  return stretches
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
