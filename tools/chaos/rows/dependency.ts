import { setTimeout as delay } from 'node:timers/promises'
import type { Summary } from '@headroom/load/results'
import type { Mix } from '@headroom/load/traffic'
import type { Verdict } from '@headroom/report/verdict'
import type { Treatment } from '../middleman.ts'
import { nothingFailed, OnSale } from '../on-sale.ts'
import { scrape } from '../process.ts'
import type { Fault } from '../proxy.ts'
import { check, type Row, type RowContext } from '../row.ts'

const timeoutMs = 1000
const slackMs = 200
/** Below this a doubled p99 is the machine's noise. */
const noiseMs = 50
const ratePerS = 60
/** What payments leaves open is to be finished within the row. */
const ordersPerS = 20
/** The breaker tries again after 2 s. */
const breakerMs = 2500

/** What is done to a dependency: to its connections, or to its answers. */
type Illness = Fault | (() => Treatment)

const silent: Illness = { blackHole: true }
const slow: Illness = { latencyMs: 5000 }
const broken: Illness = () => 'refuse'
/** Every charge is made, and the caller is told that something went wrong. */
const lying: Illness = () => 'lie'
const cutOff: Illness = { reset: 1 }

/** Services that others need are ill in several ways, and the rest are well. */
export const dependency: Row = {
  name: 'dependency',
  promise:
    'a dependency that is slow, broken, reset or silent: callers wait no longer than its timeout, other routes are not slower, the breaker opens, what is sent stays within 1.2 times the calls and 10/s, and nobody pays twice',
  full: 'inventory slow, broken, reset and silent for 30 s each; orders refusing 45 % for 30 s; payments slow, broken, lying, reset and silent for 30 s each',
  quick: 'inventory reset and silent for 6 s each; orders refusing 45 % for 3 s; payments lying and silent for 2 s each',
  async run(context) {
    const onSale = await OnSale.start(context, {
      proxied: ['inventory', 'payments'],
      middlemen: ['inventory', 'payments', 'orders'],
      env: {
        gateway: { INVENTORY_TIMEOUT_MS: String(timeoutMs), ORDERS_TIMEOUT_MS: String(timeoutMs), AVAILABILITY_TTL_MS: '0' },
        // Sooner than by default, so that what was left open is finished within the row.
        orders: { LEASE_S: '3', RECOVERY_INTERVAL_MS: '250' },
      },
    })
    try {
      const inventory = await illInventory(context, onSale)
      const orders = await partlyIllOrders(context, onSale)
      const payments = await illPayments(context, onSale)
      return { figures: { ...inventory.figures, ...payments.figures }, checks: [...inventory.checks, ...orders, ...payments.checks] }
    } finally {
      await onSale.close()
    }
  },
}

async function illInventory(context: RowContext, onSale: OnSale) {
  // Short: the breaker weighs failures against the good answers of its last 10 s.
  await load(onSale, 1.5)
  const well = await load(onSale, context.count(10, 1.5))
  const wellMs = well.byJourney.browse?.latencyMs.p99 ?? 0
  const checks: Verdict[] = []
  const illnesses = { '5 s slow': slow, '100 % errors': broken, reset: cutOff, 'black hole': silent }
  const chosen = Object.entries(illnesses).filter(([name]) => !context.quick || ['reset', 'black hole'].includes(name))
  for (const [name, illness] of chosen) {
    checks.push(...(await ill(onSale, 'inventory', illness, () => withoutInventory(context, onSale, `inventory ${name}`, wellMs))))
    await delay(breakerMs)
  }
  return { figures: { 'other routes p99 when all are well, ms': wellMs }, checks }
}

/** Does something while a dependency is ill. */
async function ill<T>(onSale: OnSale, name: string, illness: Illness, meanwhile: () => Promise<T>): Promise<T> {
  if (typeof illness === 'function') onSale.middleman(name).treat = illness
  else onSale.proxy(name).inflict(illness)
  const result = await meanwhile()
  if (typeof illness === 'function') onSale.middleman(name).treat = () => 'pass'
  else onSale.proxy(name).inflict({})
  return result
}

async function withoutInventory(context: RowContext, onSale: OnSale, name: string, wellMs: number): Promise<Verdict[]> {
  const seconds = context.count(30, 6)
  let opened = false
  const watching = new AbortController()
  const watch = (async () => {
    while (!watching.signal.aborted) {
      opened ||= await breakerIsOpen(onSale, 'inventory')
      await delay(200)
    }
  })()
  const before = arrived(onSale)
  const summary = await load(onSale, seconds)
  watching.abort()
  await watch
  const { byJourney } = summary
  const otherMs = byJourney.browse?.latencyMs.p99 ?? Number.POSITIVE_INFINITY
  const othersMax = Math.max(2 * wellMs, noiseMs)
  return [
    ...waited(name, byJourney.view?.latencyMs.p99),
    check(`${name}: other routes' p99 at most twice as long, or ${noiseMs} ms`, `${otherMs} ms`, otherMs <= othersMax),
    check(`${name}: breaker opened`, opened ? 'yes' : 'no', opened),
    withinBudget(name, arrived(onSale) - before, byJourney.view?.requests.offered ?? 0, seconds),
    named(name, nothingFailed(summary)),
  ]
}

/** Orders refuses fewer than the breaker minds, so that nothing but the budget limits what is sent again. Views share calls, orders do not. */
async function partlyIllOrders(context: RowContext, onSale: OnSale): Promise<Verdict[]> {
  const name = 'orders 45 % errors'
  const seconds = context.count(30, 3)
  await ordering(onSale, 1, ratePerS)
  const before = onSale.middleman('orders').requests
  let asked = 0
  const partly = () => (asked++ % 20 < 18 && asked % 2 === 0 ? 'refuse' : 'pass')
  const summary = await ill(onSale, 'orders', partly, () => ordering(onSale, seconds, ratePerS))
  const sent = onSale.middleman('orders').requests - before
  const calls = summary.orders.attempted
  const open = await breakerIsOpen(onSale, 'orders')
  return [
    ...waited(name, summary.latencyMs.p99),
    withinBudget(name, sent, calls, seconds),
    check(`${name}: some were sent again, and the breaker stayed closed`, `${sent} for ${calls}`, sent > calls && !open),
    named(name, nothingFailed(summary)),
  ]
}

async function illPayments(context: RowContext, onSale: OnSale) {
  const seconds = context.count(30, 2)
  const checks: Verdict[] = []
  const figures: Record<string, number> = {}
  const illnesses = { '5 s slow': slow, '100 % errors': broken, lying, reset: cutOff, 'black hole': silent }
  const chosen = Object.entries(illnesses).filter(([name]) => !context.quick || ['lying', 'black hole'].includes(name))
  for (const [illness, what] of chosen) {
    const name = `payments ${illness}`
    const summary = await ill(onSale, 'payments', what, () => ordering(onSale, seconds, ordersPerS))
    figures[`${name}: orders`] = summary.orders.attempted
    checks.push(...waited(name, summary.latencyMs.p99), named(name, nothingFailed(summary)))
    await delay(breakerMs)
  }
  const { attempted, confirmed } = (await ordering(onSale, context.count(10, 1.5), ordersPerS)).orders
  checks.push(check('payments well again: at least 95 % confirmed', `${confirmed} of ${attempted}`, confirmed >= 0.95 * attempted))
  return { figures, checks: [...checks, ...(await onSale.invariants())] }
}

function waited(name: string, p99: number | null | undefined): Verdict[] {
  const limit = `${name}: callers' p99 within the timeout + ${slackMs} ms`
  return [check(limit, `${p99} ms`, typeof p99 === 'number' && p99 <= timeoutMs + slackMs)]
}

const named = (name: string, verdict: Verdict): Verdict => ({ ...verdict, limit: `${name}: ${verdict.limit}` })

function withinBudget(name: string, sent: number, calls: number, seconds: number): Verdict {
  const allowed = Math.round(1.2 * calls + 10 * seconds)
  return check(`${name}: sent at most 1.2 times the ${calls} calls + 10/s`, `${sent} of ${allowed}`, calls > 0 && sent <= allowed)
}

/** What came to inventory's door: a request that never got through it is a connection, one that opened a connection counts twice. */
function arrived(onSale: OnSale): number {
  return onSale.proxy('inventory').taken + onSale.middleman('inventory').requests
}

async function ordering(onSale: OnSale, durationS: number, perS: number): Promise<Summary> {
  return await load(onSale, durationS, { browse: 0, view: 0, order: 100, read: 0 }, perS)
}

async function load(
  onSale: OnSale,
  durationS: number,
  mix: Mix = { browse: 50, view: 50, order: 0, read: 0 },
  perS = ratePerS,
): Promise<Summary> {
  return await onSale.load({ stages: [{ name: 'steady', durationS, ratePerS: perS }], mix }).summary
}

async function breakerIsOpen(onSale: OnSale, peer: string): Promise<boolean> {
  const [replica] = onSale.readyOf('gateway')
  return replica !== undefined && new RegExp(`^http_client_${peer}_breaker_open 1$`, 'm').test(await scrape(replica))
}
