import { setTimeout as delay } from 'node:timers/promises'
import { runLoad } from '@headroom/load/run'
import { capacityOf, workEnv } from '../capacity.ts'
import { withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const main = new URL('../arms/priorities.ts', import.meta.url)
/** Times what the process can do; together three times. */
const shares = { finish: 0.2, start: 0.35, browse: 2.45 }

/** A crowd looks round while buyers want to be done. */
export const priority: Row = {
  name: 'priority',
  promise: 'at three times the capacity, what finishes an order is answered and browsing is refused',
  full: '60 s of 0.2 finishing, 0.35 starting and 2.45 browsing times the capacity',
  quick: '8 s of the same, finishing at least 95 %',
  async run(context) {
    const durationS = context.count(60, 8)
    const finishMin = context.quick ? 0.95 : 0.99
    const capacityPerS = await capacityOf(context)
    return await withProcess(context, { main, env: workEnv }, async ({ port }) => {
      const offer = (name: keyof typeof shares, seconds: number, times = 1) =>
        runLoad({
          url: `http://127.0.0.1:${port}`,
          urlPath: `/${name}`,
          stages: [{ name, durationS: seconds, ratePerS: shares[name] * capacityPerS * times }],
          limits: { connections: 16 },
          seed: context.seed,
        }).summary
      await Promise.all([offer('finish', 2), offer('start', 2), offer('browse', 2, 0.1)])
      await delay(500)
      const [finish, start, browse] = await Promise.all([offer('finish', durationS), offer('start', durationS), offer('browse', durationS)])
      const share = ({ requests }: typeof finish) => Math.round((1000 * requests.ok) / requests.offered) / 1000
      return {
        figures: {
          'capacity, answers/s': Math.round(capacityPerS),
          'finishing answered': share(finish),
          'starting answered': share(start),
          'browsing answered': share(browse),
        },
        checks: [
          check(`at least ${finishMin * 100} % of finishing answered`, share(finish), share(finish) >= finishMin),
          check('starting fares better than browsing', `${share(start)} and ${share(browse)}`, share(start) > share(browse)),
          check('browsing is refused', browse.requests.shed, browse.requests.shed > 0),
        ],
      }
    })
  },
}
