import { setTimeout as delay } from 'node:timers/promises'
import type { Summary } from '@headroom/load/results'
import type { Verdict } from '@headroom/report/verdict'
import { OnSale } from '../on-sale.ts'
import { scrape } from '../process.ts'
import type { Fault } from '../proxy.ts'
import { check, type Row, type RowContext } from '../row.ts'

const timeoutMs = 1000
const slackMs = 200
/** Below this a doubled p99 is the machine's noise. */
const noiseMs = 50
const ratePerS = 60

const faults: Record<string, Fault | 'errors'> = {
  '5 s slow': { latencyMs: 5000 },
  '100 % errors': 'errors',
  reset: { reset: 1 },
  'black hole': { blackHole: true },
}

/** One service the gateway needs is ill in four ways, and the others are well. */
export const dependency: Row = {
  name: 'dependency',
  promise:
    'a dependency that is slow, broken, reset or silent: callers wait no longer than its timeout, other routes are not slower, the breaker opens, retries stay within their budget',
  full: 'inventory slow, broken, reset and silent for 30 s each',
  quick: 'inventory silent and reset for 6 s each',
  async run(context) {
    const seconds = context.count(30, 6)
    const figures: Record<string, number | string> = {}
    const checks: Verdict[] = []
    const onSale = await OnSale.start(context, {
      proxied: ['inventory'],
      middlemen: ['inventory'],
      env: { gateway: { INVENTORY_TIMEOUT_MS: String(timeoutMs), AVAILABILITY_TTL_MS: '0' } },
    })
    try {
      // Short: the breaker weighs failures against the good answers of its last 10 s.
      await load(onSale, 1.5)
      const well = await load(onSale, context.count(10, 1.5))
      const wellMs = well.byJourney.browse?.latencyMs.p99 ?? 0
      figures['other routes p99 when all are well, ms'] = wellMs
      const chosen = Object.entries(faults).filter(([name]) => !context.quick || ['reset', 'black hole'].includes(name))
      for (const [name, fault] of chosen) {
        const [proxy, middleman] = [onSale.proxy('inventory'), onSale.middleman('inventory')]
        if (fault === 'errors') middleman.treat = () => 'refuse'
        else proxy.inflict(fault)
        checks.push(...(await illness(context, onSale, name, seconds, wellMs)))
        middleman.treat = () => 'pass'
        proxy.inflict({})
        // The breaker tries again after 2 s.
        await delay(2500)
      }
      return { figures, checks }
    } finally {
      await onSale.close()
    }
  },
}

async function illness(context: RowContext, onSale: OnSale, name: string, seconds: number, wellMs: number): Promise<Verdict[]> {
  const before = await counters(onSale)
  let opened = false
  const watching = new AbortController()
  const watch = (async () => {
    while (!watching.signal.aborted) {
      opened ||= (await counters(onSale)).open
      await delay(200)
    }
  })()
  const { byJourney, requests } = await load(onSale, seconds)
  watching.abort()
  await watch
  const after = await counters(onSale)
  const viewMs = byJourney.view?.latencyMs.p99 ?? Number.POSITIVE_INFINITY
  const otherMs = byJourney.browse?.latencyMs.p99 ?? Number.POSITIVE_INFINITY
  const retries = after.retries - before.retries
  const allowed = 0.2 * requests.offered + 10 * seconds
  context.note(`      ${name}: ${requests.offered} requests, ${requests.failed} failed`)
  const othersMax = Math.max(2 * wellMs, noiseMs)
  return [
    check(`${name}: callers' p99 within the timeout + 200 ms`, `${viewMs} ms`, viewMs <= timeoutMs + slackMs),
    check(`${name}: other routes' p99 at most twice as long, or ${noiseMs} ms`, `${otherMs} ms`, otherMs <= othersMax),
    check(`${name}: breaker opened`, opened ? 'yes' : 'no', opened),
    check(`${name}: calls sent again within the budget`, `${retries} of at most ${Math.round(allowed)}`, retries <= allowed),
    check(`${name}: no request failed`, requests.failed, requests.failed === 0),
  ]
}

async function load(onSale: OnSale, durationS: number): Promise<Summary> {
  const mix = { browse: 50, view: 50, order: 0, read: 0 }
  return await onSale.load({ stages: [{ name: 'steady', durationS, ratePerS }], mix }).summary
}

async function counters(onSale: OnSale): Promise<{ open: boolean; retries: number }> {
  const [replica] = onSale.readyOf('gateway')
  const text = replica === undefined ? '' : await scrape(replica)
  const value = (name: string) => Number(new RegExp(`^${name} ([0-9.]+)`, 'm').exec(text)?.[1] ?? 0)
  return { open: value('http_client_inventory_breaker_open') === 1, retries: value('http_client_inventory_retries_total') }
}
