import { setTimeout as delay } from 'node:timers/promises'
import { CONNECTIONS_MAX } from '@headroom/load/load-options'
import { type LoadRun, runLoad } from '@headroom/load/run'
import { capacityOf, countedWork, workEnv } from '../capacity.ts'
import { watchLiveness } from '../liveness.ts'
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
/** Fitted to this work, looking ten times as often; no limit is held against it, because it turns many away when there is room for all. */
const tunedArm: Arm = { name: 'under-pressure, tuned', main: underPressure, env: { ...intervalArm.env, SAMPLE_INTERVAL_MS: '100' } }
/** Of what comes at 0.9x. */
const tunedRefusesMin = 0.1

/** Three times as much as one replica can do, after a quiet time, beside services that know only whether their loop is busy. */
export const overload: Row = {
  name: 'overload',
  promise: 'at three times its capacity a service answers as much in time as just below it, tells the others at once, and recovers at once',
  full: '60 s of 3x after 20 s idle, as many users as can wait, beside three arms with under-pressure alone, and one where it is tuned',
  quick: '7 s of 3x after 2 s idle, beside one arm with under-pressure alone; goodput at least 0.75, p99 10x',
  async run(context) {
    const capacityPerS = await capacityOf(context)
    const p99Times = context.quick ? 10 : 3
    const calm = await calmOf(context, kitArm, capacityPerS)
    // What an answer is good for ends where the row's own bound on latency does, for every arm alike.
    const deadlineMs = Math.ceil(p99Times * calm.p99Ms)
    const ours = await flood(context, kitArm, capacityPerS, deadlineMs)
    const asTheyCome = new Map<string, Flood>()
    for (const arm of context.quick ? [delayArm] : [intervalArm, delayArm, cumulativeArm])
      asTheyCome.set(arm.name, await flood(context, arm, capacityPerS, deadlineMs))
    const tuned = context.quick ? undefined : await tunedOf(context, capacityPerS, deadlineMs)
    const fewestLate = Math.min(...[...asTheyCome.values()].map(({ late }) => late))
    const shareMin = context.quick ? 0.75 : 0.95
    const share = ours.goodPerS / calm.goodPerS
    const refusesMax = context.count(0.01, 0.05)
    const all = new Map([[kitArm.name, ours], ...asTheyCome, ...(tuned ? [[tunedArm.name, tuned.flood] as const] : [])])
    return {
      figures: {
        'capacity, good answers/s': round(capacityPerS),
        'kit at 0.9x, good/s': round(calm.goodPerS),
        'kit at 0.9x, refused': refusedOf(calm),
        ...(tuned && { 'under-pressure, tuned at 0.9x, refused': refusedOf(tuned.calm) }),
        ...Object.fromEntries([...all].map(([name, { goodPerS }]) => [`${name} at 3x, good/s`, round(goodPerS)])),
        ...Object.fromEntries([...all].map(([name, { refused }]) => [`${name} at 3x, refused`, refused])),
        ...Object.fromEntries([...all].map(([name, { late }]) => [`${name} at 3x, too late`, late])),
        'p99 at 0.9x, ms': round(calm.p99Ms),
        'p99 of accepted at 3x, ms': ours.p99Ms,
      },
      checks: [
        check(`goodput at 3x at least ${shareMin} of that at 0.9x`, round(share), share >= shareMin),
        check(`too late at most a tenth of what the best arm lets wait in vain (${fewestLate})`, ours.late, ours.late <= fewestLate / 10),
        ...(tuned ? comparison(ours, asTheyCome, tuned) : []),
        check(`kit refuses at most ${refusesMax * 100} % at 0.9x`, refusedOf(calm), calm.refused <= refusesMax * calm.offered),
        check(`accepted p99 at most ${p99Times} times that at 0.9x`, round(ours.p99Ms / calm.p99Ms), ours.p99Ms <= p99Times * calm.p99Ms),
        check('recovered within 3 s', `${ours.recoveredS} s`, ours.recoveredS !== undefined && ours.recoveredS <= 3),
        check('no liveness probe failed', ours.deadProbes, ours.deadProbes === 0),
      ],
    }
  },
}

/** What the limit is worth; a few seconds are too short for the others' queues to grow beyond the deadline. */
function comparison(ours: Flood, asTheyCome: Map<string, Flood>, { calm, flood: tuned }: Tuned) {
  const best = Math.max(...[...asTheyCome.values()].map(({ goodPerS }) => goodPerS))
  const [cumulative, interval] = [asTheyCome.get(cumulativeArm.name), asTheyCome.get(intervalArm.name)]
  if (cumulative === undefined || interval === undefined) throw new Error('the full count has every arm')
  const [cumulativePerS, tunedPerS] = [round(cumulative.goodPerS), round(tuned.goodPerS)]
  return [
    check('at least 2.5 times the best arm with under-pressure as it comes', round(ours.goodPerS / best), ours.goodPerS >= 2.5 * best),
    check(
      'the cumulative mode lets more wait in vain than the interval mode',
      `${cumulative.late} and ${interval.late}`,
      cumulative.late > interval.late,
    ),
    check(
      'the cumulative mode answers fewer in time than the tuned interval mode',
      `${cumulativePerS}/s and ${tunedPerS}/s`,
      cumulativePerS < tunedPerS,
    ),
    // Why the tuned arm is no measure: a look at a tenth of a second takes chance for overload.
    check(
      `the tuned arm refuses at least ${tunedRefusesMin * 100} % at 0.9x`,
      refusedOf(calm),
      calm.refused >= tunedRefusesMin * calm.offered,
    ),
  ]
}

const refusedOf = ({ refused, offered }: Calm) => `${refused} of ${offered}`

function processOf({ main, env }: Arm) {
  return { main, env: { ...workEnv, ...env } }
}

interface Calm {
  goodPerS: number
  p99Ms: number
  refused: number
  offered: number
}

/** Just below what it can do. */
async function calmOf(context: RowContext, arm: Arm, capacityPerS: number): Promise<Calm> {
  return await withProcess(context, processOf(arm), async (replica) => {
    const offer = offerer(context, replica.port, capacityPerS)
    await offer('warm up', 0.5, 2).summary
    const seconds = context.count(30, 5)
    const { requests, latencyMs } = await offer('0.9x', 0.9, seconds).summary
    return { goodPerS: requests.ok / seconds, p99Ms: latencyMs.p99 ?? patienceMs, refused: requests.shed, offered: requests.offered }
  })
}

/** The tuned arm, in both loads. */
interface Tuned {
  calm: Calm
  flood: Flood
}

async function tunedOf(context: RowContext, capacityPerS: number, deadlineMs: number): Promise<Tuned> {
  return { calm: await calmOf(context, tunedArm, capacityPerS), flood: await flood(context, tunedArm, capacityPerS, deadlineMs) }
}

interface Flood {
  goodPerS: number
  refused: number
  /** Requests that were neither answered nor refused while their client waited. */
  late: number
  p99Ms: number
  /** Of kit alone: the others promise nothing. */
  recoveredS: number | undefined
  deadProbes: number
}

async function flood(context: RowContext, arm: Arm, capacityPerS: number, deadlineMs: number): Promise<Flood> {
  const seconds = context.count(60, 7)
  return await withProcess(context, processOf(arm), async ({ port, opsPort }) => {
    const offer = offerer(context, port, capacityPerS, deadlineMs)
    await offer('warm up', 0.5, 2).summary
    await delay(context.count(20_000, 2000))
    const probes = watchLiveness(opsPort)
    const { requests, latencyMs, onTime } = await offer('3x', 3, seconds).summary
    const good = onTime?.ok ?? 0
    const late = requests.offered - requests.shed - good
    context.note(`      ${arm.name}: ${good} in time of ${requests.offered}, ${requests.shed} shed, ${late} too late`)
    return {
      goodPerS: good / seconds,
      refused: requests.shed,
      late,
      p99Ms: latencyMs.p99 ?? Number.POSITIVE_INFINITY,
      recoveredS: arm === kitArm ? await recoveryOf(offer('after', 0.5, 6)) : undefined,
      deadProbes: await probes.end(),
    }
  })
}

/** The last second in which more than a tenth was not answered. */
async function recoveryOf({ samples }: LoadRun): Promise<number> {
  let recoveredS = 0
  for await (const { t, ok, offered } of samples) if (ok < offered * 0.9) recoveredS = t
  return recoveredS
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

function round(value: number): number {
  return Math.round(value * 100) / 100
}
