/** Random numbers that a seed repeats, so that two runs can be compared. */

/** Gives the next number in [0, 1). */
export type Random = () => number

/** A generator for one run: mulberry32 (https://github.com/cprosche/mulberry32), period 2^32, far beyond one hour of arrivals. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** A gap of a Poisson process of rate 1: exponentially distributed, mean 1. */
export function exponential(random: Random): number {
  return -Math.log(1 - random())
}

/** One of `items`, each as likely as any other. The list must not be empty. */
export function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[Math.floor(random() * items.length)]
  if (item === undefined) throw new RangeError('pick needs a list with at least one item')
  return item
}
