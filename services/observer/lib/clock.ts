/** The time and the chance that the watches go by, so that a test can make hours of trouble in a second. */
export interface Clock {
  /** Milliseconds since some moment; never goes back. */
  now(): number
  /** Calls `act` once after so many milliseconds, without keeping the process alive; returns the function that forgets it. */
  after(ms: number, act: () => void): () => void
  /** From 0 up to, and not, 1. */
  random(): number
}

export const systemClock: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms).unref()
    return () => clearTimeout(timer)
  },
  random: Math.random,
}
