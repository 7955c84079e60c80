import { setTimeout as delay } from 'node:timers/promises'

/** The kubelet's liveness probe, more often. `end` says how many failed. */
export function watchLiveness(opsPort: number) {
  let dead = 0
  let watching = true
  const watch = (async () => {
    while (watching) {
      const alive = await fetch(`http://127.0.0.1:${opsPort}/livez`, { signal: AbortSignal.timeout(1000) }).then(
        ({ ok }) => ok,
        () => false,
      )
      if (!alive) dead++
      await delay(250)
    }
  })()
  return {
    async end() {
      watching = false
      await watch
      return dead
    },
  }
}
