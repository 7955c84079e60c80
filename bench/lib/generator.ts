/** One generator of `bench/load.ts` in a process of its own: offers load, and prints what it did and what it cost as JSON. */
import { runLoad } from '@headroom/load/run'
import autocannon from 'autocannon'

/** What it prints. */
export interface GeneratorResult {
  readonly requests: number
  readonly notOk: number
  /** CPU time of the generator's process, user and system, per request. */
  readonly cpuUsPerRequest: number
  readonly p99Ms: number
  /** Share of requests that left within 5 ms of when they were due; null where the generator does not know. */
  readonly onTimeRatio: number | null
  readonly maxLateMs: number | null
}

type Offer = (durationS: number) => Promise<Omit<GeneratorResult, 'cpuUsPerRequest'>>

const CONNECTIONS = 64
const WARM_UP_S = 2

const [name, url = '', rate = '', durationS = ''] = process.argv.slice(2)
const offer: Offer = name === 'autocannon' ? offerWithAutocannon : offerWithHeadroom
await offer(WARM_UP_S)
const before = process.cpuUsage()
const result = await offer(Number(durationS))
const { user, system } = process.cpuUsage(before)
process.stdout.write(`${JSON.stringify({ ...result, cpuUsPerRequest: (user + system) / result.requests } satisfies GeneratorResult)}\n`)

async function offerWithHeadroom(durationS: number) {
  const stages = [{ name: 'steady', durationS, ratePerS: Number(rate) }]
  const { summary } = runLoad({ url, urlPath: '/', stages, limits: { connections: CONNECTIONS } })
  const { requests, latencyMs, schedule } = await summary
  const { offered, ok } = requests
  return {
    requests: offered,
    notOk: offered - ok,
    p99Ms: latencyMs.p99 ?? 0,
    onTimeRatio: 1 - schedule.lateRatio,
    maxLateMs: schedule.maxLateMs,
  }
}

async function offerWithAutocannon(durationS: number) {
  const { requests, latency, non2xx, errors } = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: durationS,
    overallRate: Number(rate),
  })
  return { requests: requests.total, notOk: non2xx + errors, p99Ms: latency.p99, onTimeRatio: null, maxLateMs: null }
}
