import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Verdict } from '@headroom/report/verdict'
import { OnSale, until } from '../on-sale.ts'
import { check, type Row, type RowContext } from '../row.ts'

const stored = ['catalog', 'inventory', 'orders', 'payments', 'gateway']
const order = { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 1 }
const writeWithinMs = 1000
const backWithinMs = 5000

type Seen = Record<'reads' | 'degraded' | 'writes' | 'refusedInTime' | 'slowestMs' | 'probes' | 'probesOk', number>

/** The database goes in the middle of a surge, once by dying and once without a word, and stays away. */
export const postgresGone: Row = {
  name: 'postgres-gone',
  promise:
    'Postgres killed with -9 during a surge, then silent behind a black hole: reads degrade, writes refuse at once, nothing committed is lost, full service within 5 s of its return',
  full: 'dead for 20 s, silent for 20 s, 100 requests/s',
  quick: 'dead for 4 s, silent for 4 s, 60 requests/s',
  async run(context) {
    const onSale = await OnSale.start(context, { proxied: ['postgres'] })
    try {
      const load = onSale.load({ stages: [{ name: 'surge', durationS: 300, ratePerS: context.count(100, 60) }] })
      await delay(3000)
      const { postgres } = onSale.engine
      const dead = await away(onSale, context, 'dead', {
        leave: () => postgres.crash(),
        come: () => postgres.restart(),
      })
      const proxy = onSale.proxy('postgres')
      const silent = await away(onSale, context, 'silent', {
        leave: async () => proxy.inflict({ blackHole: true }),
        come: async () => proxy.inflict({}),
      })
      await delay(1000)
      load.stop('Postgres is back')
      const { requests } = await load.summary
      return {
        figures: {
          requests: requests.offered,
          ok: requests.ok,
          shed: requests.shed,
          failed: requests.failed,
          'slowest write while dead, ms': dead.slowestMs,
          'slowest write while silent, ms': silent.slowestMs,
        },
        checks: [...dead.checks, ...silent.checks, ...(await onSale.invariants())],
      }
    } finally {
      await onSale.close()
    }
  },
}

/** Takes the database away, looks at what is left, and waits for all of it to be back. */
async function away(
  onSale: OnSale,
  context: RowContext,
  how: string,
  { leave, come }: Record<'leave' | 'come', () => Promise<void>>,
): Promise<{ slowestMs: number; checks: Verdict[] }> {
  const seen: Seen = { reads: 0, degraded: 0, writes: 0, refusedInTime: 0, slowestMs: 0, probes: 0, probesOk: 0 }
  await leave()
  const untilMs = performance.now() + context.count(20_000, 4000)
  // Nobody knows of it yet.
  await write(onSale, seen)
  // Then half a second for what was on its way.
  await delay(500)
  while (performance.now() < untilMs) {
    await lookOnce(onSale, seen)
    await delay(250)
  }
  await come()
  const backMs = await until('full service', () => isFull(onSale), 60_000)
  return {
    slowestMs: seen.slowestMs,
    checks: [
      check(`${how}: reads answered, marked degraded`, `${seen.degraded} of ${seen.reads}`, all(seen.degraded, seen.reads)),
      check(`${how}: writes answered 503 within 1 s`, `${seen.refusedInTime} of ${seen.writes}`, all(seen.refusedInTime, seen.writes)),
      check(`${how}: liveness and readiness stay 200`, `${seen.probesOk} of ${seen.probes}`, all(seen.probesOk, seen.probes)),
      check(`${how}: full service within 5 s of its return`, `${Math.round(backMs)} ms`, backMs <= backWithinMs),
    ],
  }
}

const all = (good: number, of: number) => good === of && of > 0

async function lookOnce(onSale: OnSale, seen: Seen) {
  const { url } = onSale.engine
  const read = await fetch(`${url}/api/events/${order.eventId}`)
  seen.reads++
  if (read.status === 200 && ((await read.json()) as { degraded: boolean }).degraded) seen.degraded++
  await write(onSale, seen)
  for (const { opsPort } of stored.flatMap((service) => onSale.engine.replicasOf(service))) {
    for (const probe of ['livez', 'readyz']) {
      seen.probes++
      if ((await fetch(`http://127.0.0.1:${opsPort}/${probe}`)).ok) seen.probesOk++
    }
  }
}

async function write({ engine: { url } }: OnSale, seen: Seen) {
  const sentAtMs = performance.now()
  const status = await place(url)
  const tookMs = performance.now() - sentAtMs
  seen.writes++
  seen.slowestMs = Math.max(seen.slowestMs, Math.round(tookMs))
  if (status === 503 && tookMs < writeWithinMs) seen.refusedInTime++
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
