import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { OnSale, until } from '../on-sale.ts'
import { check, type Row } from '../row.ts'

const stored = ['catalog', 'inventory', 'orders', 'payments', 'gateway']
const order = { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 1 }
const writeWithinMs = 1000
const backWithinMs = 5000

/** The database dies without a word in the middle of a surge, and stays away. */
export const postgresGone: Row = {
  name: 'postgres-gone',
  promise:
    'kill -9 of Postgres during a surge: reads degrade, writes refuse at once, nothing committed is lost, full service within 5 s of its return',
  full: 'away for 20 s, 100 requests/s',
  quick: 'away for 4 s, 60 requests/s',
  async run(context) {
    const onSale = await OnSale.start(context)
    try {
      const load = onSale.load({ stages: [{ name: 'surge', durationS: 300, ratePerS: context.count(100, 60) }] })
      await delay(3000)
      const { postgres } = onSale.engine
      await postgres.crash()
      const seen = { reads: 0, degraded: 0, writes: 0, refusedInTime: 0, slowestMs: 0, probes: 0, probesOk: 0 }
      const awayUntilMs = performance.now() + context.count(20_000, 4000)
      // The first second is for what was on its way.
      await delay(500)
      while (performance.now() < awayUntilMs) {
        await lookOnce(onSale, seen)
        await delay(250)
      }
      await postgres.restart()
      const backMs = await until('full service', () => isFull(onSale), 60_000)
      await delay(1000)
      load.stop('Postgres is back')
      const { requests } = await load.summary
      return {
        figures: {
          requests: requests.offered,
          ok: requests.ok,
          shed: requests.shed,
          failed: requests.failed,
          'slowest write, ms': seen.slowestMs,
        },
        checks: [
          check('reads answered, marked degraded', `${seen.degraded} of ${seen.reads}`, seen.degraded === seen.reads && seen.reads > 0),
          check(
            'writes answered 503 within 1 s',
            `${seen.refusedInTime} of ${seen.writes}`,
            seen.refusedInTime === seen.writes && seen.writes > 0,
          ),
          check('liveness and readiness stay 200', `${seen.probesOk} of ${seen.probes}`, seen.probesOk === seen.probes && seen.probes > 0),
          check('full service within 5 s of its return', `${Math.round(backMs)} ms`, backMs <= backWithinMs),
          ...(await onSale.invariants()),
        ],
      }
    } finally {
      await onSale.close()
    }
  },
}

async function lookOnce(
  onSale: OnSale,
  seen: Record<'reads' | 'degraded' | 'writes' | 'refusedInTime' | 'slowestMs' | 'probes' | 'probesOk', number>,
) {
  const { url } = onSale.engine
  const read = await fetch(`${url}/api/events/${order.eventId}`)
  seen.reads++
  if (read.status === 200 && ((await read.json()) as { degraded: boolean }).degraded) seen.degraded++
  const sentAtMs = performance.now()
  const status = await place(url)
  const tookMs = performance.now() - sentAtMs
  seen.writes++
  seen.slowestMs = Math.max(seen.slowestMs, Math.round(tookMs))
  if (status === 503 && tookMs < writeWithinMs) seen.refusedInTime++
  for (const { opsPort } of stored.flatMap((service) => onSale.engine.replicasOf(service))) {
    for (const probe of ['livez', 'readyz']) {
      seen.probes++
      if ((await fetch(`http://127.0.0.1:${opsPort}/${probe}`)).ok) seen.probesOk++
    }
  }
}

async function isFull({ engine: { url } }: OnSale): Promise<boolean> {
  const read = await fetch(`${url}/api/events/${order.eventId}`)
  const { degraded } = (await read.json()) as { degraded: boolean }
  return !degraded && (await place(url)) === 201
}

async function place(url: string): Promise<number> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': randomUUID() }
  const reply = await fetch(`${url}/api/orders`, { method: 'POST', headers, body: JSON.stringify(order) })
  await reply.text()
  return reply.status
}
