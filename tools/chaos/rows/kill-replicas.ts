import { setTimeout as delay } from 'node:timers/promises'
import { pick } from '@headroom/load/random'
import { OnSale } from '../on-sale.ts'
import { check, type Row, type RowContext, type RowResult } from '../row.ts'

const perService = 2
const victims = ['orders', 'inventory']
const hotEvent = 'aurora-live'

/** Half of the replicas that sell die at random moments, again and again, while more is asked for than there is. */
export const killReplicas: Row = {
  name: 'kill-replicas',
  promise: 'kill -9 of half of orders and inventory during a rush: nothing oversold, no acknowledged order lost, none doubled',
  full: '20 seeds of 10,000 attempts on 1,000 tickets, a kill every second',
  quick: '1 seed of 800 attempts on 200 tickets, a kill every second',
  async run(context) {
    const seeds = context.count(20, 1)
    const results: RowResult[] = []
    for (let index = 0; index < seeds; index++) {
      const seed = context.seed + index
      const result = await rush({ ...context, seed })
      const broken = result.checks.filter(({ holds }) => !holds)
      context.note(`      seed ${seed}: ${JSON.stringify(result.figures)} ${broken.map(({ limit }) => `BROKEN ${limit}`).join(' ')}`)
      results.push(result)
    }
    return seeds === 1 ? (results[0] as RowResult) : together(results)
  },
}

async function rush(context: RowContext): Promise<RowResult> {
  const stock = context.count(1000, 200)
  const attempts = context.count(10_000, 800)
  const seconds = context.count(25, 5)
  const replicas = Object.fromEntries(victims.map((service) => [service, perService]))
  // Sooner than by default, so that what a dead replica left is finished within the row.
  const env = { orders: { LEASE_S: '3', RECOVERY_INTERVAL_MS: '250' } }
  const onSale = await OnSale.start(context, { replicas, env })
  try {
    const tiers = await onSale.rows('inventory', 'UPDATE tiers SET stock = $2 WHERE event_id = $1 RETURNING id', [
      hotEvent,
      Math.floor(stock / 2),
    ])
    const load = onSale.load({
      stages: [{ name: 'rush', durationS: seconds, ratePerS: attempts / seconds }],
      mix: { browse: 0, view: 0, order: 100, read: 0 },
      hotEvent,
      hotShare: 1,
    })
    let kills = 0
    for (let second = 1; second < seconds; second++) {
      await delay(500 + context.random() * 1000)
      for (const service of victims) {
        const ready = onSale.readyOf(service)
        if (ready.length < perService) continue
        await onSale.kill(pick(ready, context.random))
        kills++
      }
    }
    const { requests, orders } = await load.summary
    const sold = await onSale.rows<{ sold: number }>('inventory', 'SELECT sum(sold)::int AS sold FROM tiers WHERE event_id = $1', [
      hotEvent,
    ])
    const unknown = onSale.acknowledgements.all.filter((ack) => 'unknown' in ack).length
    const figures = {
      attempts: requests.offered,
      confirmed: orders.confirmed,
      unknown,
      kills,
      tiers: tiers.length,
      sold: sold[0]?.sold ?? -1,
    }
    return { figures, checks: [check('replicas were killed', kills, kills > 0), ...(await onSale.invariants())] }
  } finally {
    await onSale.close()
  }
}

/** A check of many seeds holds when it held on each. */
function together(results: RowResult[]): RowResult {
  const first = results[0] as RowResult
  const sum = (figure: string) => results.reduce((total, { figures }) => total + Number(figures[figure]), 0)
  return {
    figures: { seeds: results.length, ...Object.fromEntries(Object.keys(first.figures).map((figure) => [figure, sum(figure)])) },
    checks: first.checks.map(({ limit }, index) => {
      const held = results.filter(({ checks }) => checks[index]?.holds).length
      return check(limit, `on ${held} of ${results.length} seeds`, held === results.length)
    }),
  }
}
