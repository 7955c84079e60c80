import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { defineConfig } from '@headroom/kit/config'
import { type LoadRun, runLoad } from '@headroom/load/run'
import { type Balancer, startBalancer } from '@headroom/local/balancer'
import { Replica } from '@headroom/local/replica'
import { check, type Row, type RowContext } from '../row.ts'

const replicas = 3
const ratePerS = 1000
/** The chart's `terminationGracePeriodSeconds`. */
const graceMs = 30_000
const lagMsMin = 1000
/** So long before a leaving replica stops to serve its connections are counted. */
const lookBeforeMs = 250
const hello = new URL('../../../services/hello/main.ts', import.meta.url)
const naive = new URL('../arms/naive.ts', import.meta.url)

/** Replicas come and go under load, while the balancer still sends new connections to those that leave. */
export const replace: Row = {
  name: 'replace',
  promise: 'replicas are replaced and scaled in under load on kept-alive connections without a failed request',
  full: "20 replacements and scale-ins of 3 replicas, at least 100,000 requests, each endpoint removed 1-5 s late, the services' own drain delay",
  quick: '4 replacements and scale-ins of 3 replicas, 1,000 requests/s, each endpoint removed 1-2 s late; app.close() loses something',
  async run(context) {
    const rounds = context.count(20, 4)
    const lagMsMax = context.count(5000, 2000)
    // With all counts full the services are left as they are; a drain as long as that would be most of a short run.
    const drainDelayMs = context.count(defineConfig({}).load({}).DRAIN_DELAY_MS, lagMsMax + 1000)
    const env: Record<string, string> = context.quick ? { DRAIN_DELAY_MS: String(drainDelayMs) } : {}
    const shared = { env, drainDelayMs, lagMsMax }
    const kit = await arm(context, { ...shared, name: 'kit', main: hello, rounds, spacingMs: context.count(4500, 1000) })
    const other = await arm(context, { ...shared, name: 'naive', main: naive, rounds: Math.min(rounds, 6), spacingMs: 1000 })
    const lost = other.failed / other.offered
    const lostMin = context.quick ? 0.001 : 0.01
    const offeredMin = context.count(100_000, 4000)
    return {
      figures: {
        'kit: requests': kit.offered,
        'kit: replicas that left': kit.left,
        'kit: connections that had to be opened again': kit.reconnects,
        'naive: requests': other.offered,
        'naive: failed': other.failed,
      },
      checks: [
        check(
          `no request of at least ${offeredMin} failed`,
          `${kit.failed} of ${kit.offered}`,
          kit.failed === 0 && kit.offered >= offeredMin,
        ),
        check(`${rounds} replicas left, with exit code 0`, kit.left, kit.left === rounds),
        check('every client had left before the replica did', `${kit.stayed} connections had not`, kit.stayed === 0),
        check('no request had to be sent again', kit.reconnects, kit.reconnects === 0),
        check(`app.close() on SIGTERM loses at least ${lostMin * 100} % in the same run`, `${(lost * 100).toFixed(1)} %`, lost >= lostMin),
      ],
    }
  },
}

interface Arm {
  name: string
  main: URL
  env: Record<string, string>
  drainDelayMs: number
  rounds: number
  lagMsMax: number
  /** Between two rounds. */
  spacingMs: number
}

interface Outcome {
  offered: number
  failed: number
  /** Requests sent again, because their connection was closed just as they were sent. */
  reconnects: number
  /** Replicas that ended well. */
  left: number
  /** Connections that were still open to replicas as these stopped to serve. */
  stayed: number
}

async function arm(context: RowContext, options: Arm): Promise<Outcome> {
  const { name, lagMsMax } = options
  const running = new Set<Replica>()
  const endpointLagMs = () => lagMsMin + context.random() * (lagMsMax - lagMsMin)
  const balancer = await startBalancer({ endpointLagMs, random: context.random })
  try {
    const start = starter(context, options, running, balancer)
    await Promise.all(Array.from({ length: replicas }, start))
    const stages = [{ name, durationS: 3600, ratePerS }]
    const load = runLoad({ url: balancer.url, urlPath: '/hello', stages, seed: context.seed })
    return await replaced(context, options, { running, balancer, start, load })
  } finally {
    for (const replica of running) replica.kill()
    await Promise.all([...running].map(({ exited }) => exited))
    await balancer.close()
  }
}

function starter({ folder }: RowContext, { name, main, env }: Arm, running: Set<Replica>, balancer: Balancer): () => Promise<void> {
  let started = 0
  const onChange = (replica: Replica) => {
    if (replica.state === 'gone') running.delete(replica)
    balancer.setEndpoints([...running].filter(({ state }) => state === 'ready').map(({ port }) => ({ port })))
  }
  return async () => {
    const id = `${name}-${++started}`
    const logFile = join(folder, `${id}.log`)
    const replica = await Replica.start({ name: id, main, env: { LOG_LEVEL: 'warn', ...env }, cpuLimitMillicores: 0, logFile, onChange })
    running.add(replica)
    while (replica.state === 'starting') await delay(20)
  }
}

interface Scene {
  running: Set<Replica>
  balancer: Balancer
  start: () => Promise<void>
  load: LoadRun
}

async function replaced({ signal }: RowContext, { rounds, spacingMs, drainDelayMs }: Arm, { running, balancer, start, load }: Scene) {
  const leaving: Promise<{ well: boolean; stayed: number }>[] = []
  const leave = async (victim: Replica) => {
    const gone = victim.stop(graceMs)
    await Promise.race([gone, delay(drainDelayMs - lookBeforeMs)])
    const stayed = balancer.counts().find(({ port }) => port === victim.port)?.open ?? 0
    await gone
    return { well: victim.exitCode === 0, stayed }
  }
  for (let round = 0; round < rounds; round++) {
    await delay(spacingMs, undefined, { signal })
    // Every fourth time one leaves before another comes: a scale-in, and later a scale-out.
    const victim = [...running].find(({ state }) => state === 'ready')
    if (round % 4 !== 3) await start()
    if (victim !== undefined) leaving.push(leave(victim))
    if (round % 4 === 3) await start()
  }
  const ends = await Promise.all(leaving)
  load.stop('every replacement is over')
  const { requests, connections } = await load.summary
  const left = ends.filter(({ well }) => well).length
  const stayed = ends.reduce((sum, end) => sum + end.stayed, 0)
  return { offered: requests.offered, failed: requests.failed, reconnects: connections.reconnects, left, stayed }
}
