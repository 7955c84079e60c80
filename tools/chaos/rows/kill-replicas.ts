import { setTimeout as delay } from 'node:timers/promises'
import { pick } from '@headroom/load/random'
import type { Verdict } from '@headroom/report/verdict'
import { OnSale } from '../on-sale.ts'
import { check, type Row, type RowContext, type RowResult } from '../row.ts'

const perService = 2
const victims = ['orders', 'inventory']
const hotEvent = 'aurora-live'
/** What a dead replica's order gave back after the rush nobody buys any more. */
const soldShareMin = 0.95

/** Half of the replicas that sell die at random moments, again and again, while more is asked for than there is. */
export const killReplicas: Row = {
  name: 'kill-replicas',
  promise: 'kill -9 of half of orders and inventory during a rush: all is sold, nothing oversold, no acknowledged order lost, none doubled',
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
    // The event has two tiers.
    await onSale.rows('inventory', 'UPDATE tiers SET stock = $2 WHERE event_id = $1', [hotEvent, stock / 2])
    const load = onSale.load({
      stages: [{ name: 'rush', durationS: seconds, ratePerS: attempts / seconds }],
      // Exactly as many as are wanted.
      arrivals: 'uniform',
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
    const { orders } = await load.summary
    const invariants = await onSale.invariants()
    // Read once all that was begun has ended: until then tickets are held by orders that may not come to anything.
    const text = 'SELECT sum(stock)::int AS stock, sum(sold)::int AS sold FROM tiers WHERE event_id = $1'
    const [tickets] = await onSale.rows<{ stock: number; sold: number }>('inventory', text, [hotEvent])
    const unknown = onSale.acknowledgements.all.filter((ack) => 'unknown' in ack).length
    const figures = {
      attempts: orders.attempted,
      confirmed: orders.confirmed,
      unknown,
      kills,
      tickets: tickets?.stock ?? -1,
      sold: tickets?.sold ?? -1,
    }
    return { figures, checks: [...happened(figures, { attempts, stock, kills: context.count(10, 2) }), ...invariants] }
  } finally {
    await onSale.close()
  }
}

interface Figures {
  attempts: number
  confirmed: number
  kills: number
  tickets: number
  sold: number
}

/** A rush in which nothing is sold breaks no invariant. */
function happened(
  { attempts, confirmed, kills, tickets, sold }: Figures,
  wanted: { attempts: number; stock: number; kills: number },
): Verdict[] {
  const soldMin = wanted.stock * soldShareMin
  // Most orders are of several tickets, and a reply that a kill cut off is no confirmation.
  const confirmedMin = wanted.stock / 5
  return [
    check(`at least ${wanted.kills} replicas were killed`, kills, kills >= wanted.kills),
    check(`${wanted.attempts} attempts`, attempts, attempts >= wanted.attempts),
    check(
      `${wanted.stock} tickets, at least ${soldShareMin * 100} % of them sold`,
      `${sold} of ${tickets}`,
      tickets === wanted.stock && sold >= soldMin,
    ),
    check(`at least ${confirmedMin} orders acknowledged as confirmed`, confirmed, confirmed >= confirmedMin),
  ]
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
