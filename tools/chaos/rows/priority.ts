import { setTimeout as delay } from 'node:timers/promises'
import { runLoad } from '@headroom/load/run'
import { withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const main = new URL('../arms/priorities.ts', import.meta.url)
const cpuLimitMillicores = 400
/** About 4 ms of CPU: some 70 requests/s under the limit. */
const env = { WORK_ITERATIONS: '600000' }
/** Requests/s; together three times what the process can do. */
const rates = { finish: 15, start: 25, browse: 170 }

/** A crowd looks round while buyers want to be done. */
export const priority: Row = {
  name: 'priority',
  promise: 'at three times the capacity, what finishes an order is answered and browsing is refused',
  full: '60 s of 15/s finishing, 25/s starting, 170/s browsing against about 70/s of capacity',
  quick: '8 s of the same, finishing at least 95 %',
  async run(context) {
    const durationS = context.count(60, 8)
    const finishMin = context.quick ? 0.95 : 0.99
    return await withProcess(context, { main, env, cpuLimitMillicores }, async ({ port }) => {
      const offer = (name: keyof typeof rates, seconds: number, times = 1) =>
        runLoad({
          url: `http://127.0.0.1:${port}`,
          urlPath: `/${name}`,
          stages: [{ name, durationS: seconds, ratePerS: rates[name] * times }],
          limits: { connections: 16 },
          seed: context.seed,
        }).summary
      await Promise.all([offer('finish', 2), offer('start', 2), offer('browse', 2, 0.1)])
      await delay(500)
      const [finish, start, browse] = await Promise.all([offer('finish', durationS), offer('start', durationS), offer('browse', durationS)])
      const share = ({ requests }: typeof finish) => Math.round((1000 * requests.ok) / requests.offered) / 1000
      return {
        figures: { 'finishing answered': share(finish), 'starting answered': share(start), 'browsing answered': share(browse) },
        checks: [
          check(`at least ${finishMin * 100} % of finishing answered`, share(finish), share(finish) >= finishMin),
          check('starting fares better than browsing', `${share(start)} and ${share(browse)}`, share(start) > share(browse)),
          check('browsing is refused', browse.requests.shed, browse.requests.shed > 0),
        ],
      }
    })
  },
}
