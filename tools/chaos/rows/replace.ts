import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { runLoad } from '@headroom/load/run'
import { startBalancer } from '@headroom/local/balancer'
import { Replica } from '@headroom/local/replica'
import { check, type Row, type RowContext } from '../row.ts'

const replicas = 3
const ratePerS = 1000
const graceMs = 20_000
const hello = new URL('../../../services/hello/main.ts', import.meta.url)
const naive = new URL('../arms/naive.ts', import.meta.url)

/** Replicas come and go under load, while the balancer still sends new connections to those that leave. */
export const replace: Row = {
  name: 'replace',
  promise: 'replicas are replaced and scaled in under load on kept-alive connections without a failed request',
  full: '20 replacements and scale-ins of 3 replicas, at least 100,000 requests, endpoints removed 1-5 s late',
  quick: '4 replacements and scale-ins of 3 replicas, 1,000 requests/s, endpoints removed 1-2 s late; app.close() loses something',
  async run(context) {
    const rounds = context.count(20, 4)
    const lagMsMax = context.count(5000, 2000)
    const kit = await arm(context, { name: 'kit', main: hello, rounds, lagMsMax, spacingMs: context.count(4500, 1000) })
    const other = await arm(context, { name: 'naive', main: naive, rounds: Math.min(rounds, 6), lagMsMax, spacingMs: 1000 })
    const lost = other.failed / other.offered
    const lostMin = context.quick ? 0.001 : 0.01
    return {
      figures: { 'kit: requests': kit.offered, 'naive: requests': other.offered, 'naive: failed': other.failed },
      checks: [
        check('no request failed', `${kit.failed} of ${kit.offered}`, kit.failed === 0 && kit.offered > 0),
        check(`app.close() on SIGTERM loses at least ${lostMin * 100} % in the same run`, `${(lost * 100).toFixed(1)} %`, lost >= lostMin),
      ],
    }
  },
}

interface Arm {
  name: string
  main: URL
  rounds: number
  lagMsMax: number
  /** Between two rounds. */
  spacingMs: number
}

async function arm(context: RowContext, { name, main, rounds, lagMsMax, spacingMs }: Arm): Promise<{ offered: number; failed: number }> {
  const running = new Set<Replica>()
  let started = 0
  const balancer = await startBalancer({ endpointLagMs: 1000 + context.random() * (lagMsMax - 1000), random: context.random })
  const onChange = (replica: Replica) => {
    if (replica.state === 'gone') running.delete(replica)
    balancer.setEndpoints([...running].filter(({ state }) => state === 'ready').map(({ port }) => ({ port })))
  }
  const start = async () => {
    const id = `${name}-${++started}`
    const env = { DRAIN_DELAY_MS: String(lagMsMax + 500), SHUTDOWN_TIMEOUT_MS: '15000', LOG_LEVEL: 'warn' }
    const replica = await Replica.start({
      name: id,
      main,
      env,
      cpuLimitMillicores: 0,
      logFile: join(context.folder, `${id}.log`),
      onChange,
    })
    running.add(replica)
    while (replica.state === 'starting') await delay(20)
    return replica
  }
  try {
    await Promise.all(Array.from({ length: replicas }, start))
    const load = runLoad({ url: balancer.url, urlPath: '/hello', stages: [{ name: name, durationS: 3600, ratePerS }], seed: context.seed })
    const leaving: Promise<void>[] = []
    for (let round = 0; round < rounds; round++) {
      await delay(spacingMs, undefined, { signal: context.signal })
      // Every fourth time one leaves before another comes: a scale-in, and later a scale-out.
      const victim = [...running].find(({ state }) => state === 'ready')
      if (round % 4 !== 3) await start()
      leaving.push(victim?.stop(graceMs) ?? Promise.resolve())
      if (round % 4 === 3) await start()
    }
    await Promise.all(leaving)
    load.stop('every replacement is over')
    const { requests } = await load.summary
    return requests
  } finally {
    for (const replica of running) replica.kill()
    await Promise.all([...running].map(({ exited }) => exited))
    await balancer.close()
  }
}
