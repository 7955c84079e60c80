import { setTimeout as delay } from 'node:timers/promises'
import type { Replica } from '@headroom/local/replica'
import type { Verdict } from '@headroom/report/verdict'
import { differences, type Fleet } from '../kube-fleet.ts'
import { until } from '../on-sale.ts'
import { PaperApi } from '../paper-api.ts'
import { scrape, withProcess } from '../process.ts'
import { check, type Row, type RowContext } from '../row.ts'

const observer = new URL('../../../services/observer/main.ts', import.meta.url)
const watched = ['pods', 'deployments', 'horizontalpodautoscalers', 'events']
const mebibyte = 1024 * 1024
const staleAfterS = 3
/** The longest wait before the observer asks again, and what an answer takes. */
const recoveredWithinMs = 35_000
const env = { STALE_AFTER_MS: String(staleAfterS * 1000), REFRESH_INTERVAL_MS: '10000', USAGE_INTERVAL_MS: '1000' }
/** Longer than that, and the list that is due meanwhile has been waited for in vain. */
const foundOutMs = 30_000

/** The observer's only source in every kind of trouble, while the cluster goes on changing. */
export const kubernetesApi: Row = {
  name: 'kubernetes-api',
  promise:
    'a Kubernetes API that cuts, forgets, refuses, says nothing or is gone: the observer asks at most once a second, tells that it is stale, and afterwards shows what there is',
  full: 'every watch cut for 8 min, 410 Gone for 2 min, 403 for 1 min, silent for 5 min, gone for 1 min (500 cuts on a clock of its own: `test/observer-watch.test.ts`)',
  quick: 'every watch cut for 4 s, 410 Gone for 2 s, 403, silent for 4 s, gone',
  async run(context) {
    const api = await PaperApi.start(context)
    try {
      return await withProcess(context, { main: observer, env: { ...env, KUBECONFIG: api.kubeconfig } }, async (replica) => {
        const look = () => fleetOf(replica)
        const same = async () => differences(await look(), api.store).length === 0
        await until('the observer shows the fleet', same, 30_000)
        await delay(context.count(60_000, 2000), undefined, { signal: context.signal })
        const bytesBefore = await residentBytes(replica)
        const checks = await troubles(context, api, replica, look)
        const bytesAfter = await residentBytes(replica)
        // Fresh again while the cluster goes on changing; compared once nothing changes any more, when its word grows old by itself.
        const freshAfterMs = await until('the observer is no longer stale', async () => !(await look()).stale, recoveredWithinMs)
        api.stopChanging()
        const sameAfterMs = freshAfterMs + (await until('the observer shows the fleet again', same, recoveredWithinMs))
        const left = differences(await look(), api.store).length
        const grownMax = context.count(20, 40)
        const grown = Math.round((bytesAfter - bytesBefore) / mebibyte)
        return {
          figures: {
            'watches ended by the API': api.faults.ended,
            lists: watched.map((plural) => `${api.faults.asked(plural).lists} of ${plural}`).join(', '),
            'the same again after, ms': Math.round(sameAfterMs),
            'resident memory, MB': Math.round(bytesAfter / mebibyte),
          },
          checks: [
            ...checks,
            check('its fleet is that of the API again', `fresh after ${Math.round(freshAfterMs)} ms, ${left} differences`, left === 0),
            check(`memory grew by less than ${grownMax} MB`, `${grown} MB`, grown < grownMax),
            check('it still runs', replica.state, replica.state === 'ready'),
          ],
        }
      })
    } finally {
      await api.close()
    }
  },
}

/** GET /fleet; a moment later when it is shed, or the kept connection was just closed. */
async function fleetOf({ port }: Replica): Promise<Fleet> {
  let reply: Response | undefined
  await until(
    'the observer answers',
    async () => {
      reply = await fetch(`http://127.0.0.1:${port}/fleet`).catch(() => undefined)
      return reply?.ok ?? false
    },
    5000,
  )
  return (await reply?.json()) as Fleet
}

async function troubles(context: RowContext, api: PaperApi, replica: Replica, look: () => Promise<Fleet>): Promise<Verdict[]> {
  const { faults } = api
  const pause = (full: number, quick: number) => delay(context.count(full, quick), undefined, { signal: context.signal })
  const said = async (access: string) => {
    let fleet: Fleet | undefined
    const says = async () => {
      fleet = await look()
      return fleet.access === access
    }
    // What it says instead is the figure of a check that does not hold.
    await until(`the observer says ${access}`, says, recoveredWithinMs).catch(() => undefined)
    return check(`access: ${access}`, `${fleet?.access}, ${fleet?.stale ? 'stale' : 'not stale yet'}`, fleet?.access === access)
  }
  const all = new Rates(api)
  const ended = new Rates(api)
  faults.inflict('cut')
  await pause(480_000, 4000)
  faults.inflict('expired')
  await pause(120_000, 2000)
  const whileEnded = ended.checks('while watches end')
  faults.inflict('forbidden')
  const forbidden = await said('forbidden')
  await pause(60_000, 0)
  faults.inflict('silent')
  await pause(300_000, 4000)
  const checks = [...whileEnded, forbidden, ...(await staleness(replica, look))]
  if (!context.quick) checks.push(await said('absent'))
  await api.leave()
  checks.push(await said('absent'))
  await pause(60_000, 0)
  faults.inflict('none')
  await api.comeBack()
  return [...checks, ...all.checks('all along')]
}

/** That the data is old must be told, by the route and by a metric that grows. */
async function staleness(replica: Replica, look: () => Promise<Fleet>): Promise<Verdict[]> {
  const age = async () => Number(/^kubernetes_cache_staleness_seconds (\S+)/m.exec(await metricsOf(replica))?.[1])
  const before = await age()
  await until('the observer says that it is stale', async () => (await look()).stale, foundOutMs)
  await delay(500)
  const after = await age()
  return [check('silent: told to be stale, and older by the moment', `${before} s, then ${after} s`, after > before && after > staleAfterS)]
}

/** How often the API was asked to be watched since this was made. */
class Rates {
  readonly #startedAtMs = performance.now()
  readonly #api: PaperApi
  readonly #before: number[]

  constructor(api: PaperApi) {
    this.#api = api
    this.#before = watched.map((plural) => api.faults.asked(plural).watches)
  }

  /** Reconnects a second of each resource. While it is gone the API counts nothing, and that time counts for nothing. */
  checks(when: string): Verdict[] {
    const seconds = (performance.now() - this.#startedAtMs - this.#api.goneForMs) / 1000
    return watched.map((plural, index) => {
      const watches = this.#api.faults.asked(plural).watches - (this.#before[index] ?? 0)
      const limit = `${when}, ${plural} reconnects at most once a second`
      return check(limit, `${watches} in ${Math.round(seconds)} s`, watches > 0 && watches <= seconds)
    })
  }
}

/** A connection that was idle for minutes may be closed while it is used again. */
async function metricsOf(replica: Replica): Promise<string> {
  return await scrape(replica).catch(() => scrape(replica))
}

/** Median of five readings. */
async function residentBytes(replica: Replica): Promise<number> {
  const readings: number[] = []
  for (let i = 0; i < 5; i++) {
    readings.push(Number(/^process_resident_memory_bytes (\S+)/m.exec(await metricsOf(replica))?.[1]))
    await delay(100)
  }
  return readings.sort((a, b) => a - b)[2] as number
}
