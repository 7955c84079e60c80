/**
 * Work that is counted, not timed: a loop until a clock says stop does nothing while the kernel holds the process back, and flatters.
 * @param iterations how much
 * @returns a checksum, so that the loop cannot be optimized away
 */
export function count(iterations: number): number {
  let state = iterations | 1
  for (let i = 0; i < iterations; i++) {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + i
  }
  return state >>> 0
}
