import { setTimeout as delay } from 'node:timers/promises'
import { CONNECTIONS_MAX } from '@headroom/load/load-options'
import { runLoad } from '@headroom/load/run'
import { capacityOf, countedWork, workEnv } from '../capacity.ts'
import { withProcess } from '../process.ts'
import { check, type Row, type RowContext } from '../row.ts'

const underPressure = new URL('../arms/under-pressure.ts', import.meta.url)
/**
 * Clients do not hang up when it is too late: most know nothing of a deadline, and a proxy in between keeps its connection anyway. Shorter than the
 * 5 s after which kit ends a connection on which nothing is asked.
 */
const patienceMs = 4000

interface Arm {
  name: string
  main: URL
  env?: Record<string, string>
}

/** There is no other replica to move connections to. */
const kitArm: Arm = { name: 'kit', main: countedWork, env: { CONNECTION_MAX_AGE_MS: '3600000' } }
const intervalArm: Arm = { name: 'under-pressure, interval', main: underPressure, env: { MODE: 'interval', MAX_UTILIZATION: '0.9' } }
const delayArm: Arm = { name: 'under-pressure, delay', main: underPressure, env: { MODE: 'interval', MAX_DELAY_MS: '200' } }
const cumulativeArm: Arm = { name: 'under-pressure, cumulative', main: underPressure, env: { MODE: 'cumulative', MAX_UTILIZATION: '0.9' } }

/** Three times as much as one replica can do, after a quiet time, beside services that know only whether their loop is busy. */
export const overload: Row = {
  name: 'overload',
  promise: 'at three times its capacity a service answers as much in time as just below it, tells the others at once, and recovers at once',
  full: '60 s of 3x after 20 s idle, as many users as can wait, beside three arms with under-pressure alone',
  quick: '7 s of 3x after 2 s idle, beside one arm with under-pressure alone; goodput at least 0.75, p99 10x',
  async run(context) {
    const capacityPerS = await capacityOf(context)
    const p99Times = context.quick ? 10 : 3
    const calm = await calmOf(context, capacityPerS)
    // What an answer is good for ends where the row's own bound on latency does, for every arm alike.
    const deadlineMs = Math.ceil(p99Times * calm.p99Ms)
    const ours = await flood(context, kitArm, capacityPerS, deadlineMs)
    const arms = context.quick ? [delayArm] : [intervalArm, delayArm, cumulativeArm]
    const theirs = new Map<string, Flood>()
    for (const arm of arms) theirs.set(arm.name, await flood(context, arm, capacityPerS, deadlineMs))
    const fewestLate = Math.min(...[...theirs.values()].map(({ late }) => late))
    const shareMin = context.quick ? 0.75 : 0.95
    const share = ours.goodPerS / calm.goodPerS
    return {
      figures: {
        'capacity, good answers/s': round(capacityPerS),
        'kit at 0.9x, good/s': round(calm.goodPerS),
        'kit at 3x, good/s': round(ours.goodPerS),
        'kit at 3x, too late': ours.late,
        ...Object.fromEntries([...theirs].map(([name, { goodPerS }]) => [`${name} at 3x, good/s`, round(goodPerS)])),
        ...Object.fromEntries([...theirs].map(([name, { late }]) => [`${name} at 3x, too late`, late])),
        'p99 at 0.9x, ms': round(calm.p99Ms),
        'p99 of accepted at 3x, ms': ours.p99Ms,
      },
      checks: [
        check(`goodput at 3x at least ${shareMin} of that at 0.9x`, round(share), share >= shareMin),
        check(`too late at most a tenth of what the best arm lets wait in vain (${fewestLate})`, ours.late, ours.late <= fewestLate / 10),
        ...(context.quick ? [] : comparison(ours, theirs)),
        check(`accepted p99 at most ${p99Times} times that at 0.9x`, round(ours.p99Ms / calm.p99Ms), ours.p99Ms <= p99Times * calm.p99Ms),
        check('recovered within 3 s', `${ours.recoveredS} s`, ours.recoveredS <= 3),
        check('no liveness probe failed', ours.deadProbes, ours.deadProbes === 0),
      ],
    }
  },
}

/** What the limit is worth; a few seconds are too short for the others' queues to grow beyond the deadline. */
function comparison(ours: Flood, theirs: Map<string, Flood>) {
  const best = Math.max(...[...theirs.values()].map(({ goodPerS }) => goodPerS))
  const lateOf = ({ name }: Arm) => theirs.get(name)?.late ?? 0
  const [cumulative, interval] = [lateOf(cumulativeArm), lateOf(intervalArm)]
  return [
    check('at least 2.5 times the best arm with under-pressure alone', round(ours.goodPerS / best), ours.goodPerS >= 2.5 * best),
    check('the cumulative mode lets more wait in vain than the interval mode', `${cumulative} and ${interval}`, cumulative > interval),
  ]
}

function processOf({ main, env }: Arm) {
  return { main, env: { ...workEnv, ...env } }
}

/** Just below what it can do. */
async function calmOf(context: RowContext, capacityPerS: number) {
  return await withProcess(context, processOf(kitArm), async (replica) => {
    const offer = offerer(context, replica.port, capacityPerS)
    await offer('warm up', 0.5, 2).summary
    const seconds = context.count(30, 5)
    const { requests, latencyMs } = await offer('0.9x', 0.9, seconds).summary
    return { goodPerS: requests.ok / seconds, p99Ms: latencyMs.p99 ?? patienceMs }
  })
}

interface Flood {
  goodPerS: number
  /** Requests that were neither answered nor refused while their client waited. */
  late: number
  p99Ms: number
  recoveredS: number
  deadProbes: number
}

async function flood(context: RowContext, arm: Arm, capacityPerS: number, deadlineMs: number): Promise<Flood> {
  const seconds = context.count(60, 7)
  return await withProcess(context, processOf(arm), async ({ port, opsPort }) => {
    const offer = offerer(context, port, capacityPerS, deadlineMs)
    await offer('warm up', 0.5, 2).summary
    await delay(context.count(20_000, 2000))
    const probes = watchProbes(opsPort)
    const { requests, latencyMs, onTime } = await offer('3x', 3, seconds).summary
    const good = onTime?.ok ?? 0
    const late = requests.offered - requests.shed - good
    const recovery = offer('after', 0.5, 6)
    let recoveredS = 0
    for await (const { t, ok, offered } of recovery.samples) if (ok < offered * 0.9) recoveredS = t
    context.note(`      ${arm.name}: ${good} in time of ${requests.offered}, ${requests.shed} shed, ${late} too late`)
    return {
      goodPerS: good / seconds,
      late,
      p99Ms: latencyMs.p99 ?? Number.POSITIVE_INFINITY,
      recoveredS,
      deadProbes: await probes.end(),
    }
  })
}

function offerer({ seed }: RowContext, port: number, capacityPerS: number, onTimeMs = patienceMs) {
  return (name: string, times: number, durationS: number) =>
    runLoad({
      url: `http://127.0.0.1:${port}`,
      urlPath: '/work',
      stages: [{ name, durationS, ratePerS: times * capacityPerS }],
      timeoutMs: patienceMs,
      onTimeMs,
      limits: times > 1 ? crowdOf(times * capacityPerS) : {},
      seed,
    })
}

/** As many users as can wait at once, each with a connection of its own: a few busy ones would be served again and again while others are not let in. */
function crowdOf(ratePerS: number) {
  return { connections: Math.min(CONNECTIONS_MAX, Math.ceil((ratePerS * patienceMs) / 1000)), connectionsMax: CONNECTIONS_MAX }
}

/** The kubelet's liveness probe, more often. */
function watchProbes(opsPort: number) {
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

function round(value: number): number {
  return Math.round(value * 100) / 100
}
