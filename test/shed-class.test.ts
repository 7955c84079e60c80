import { readScrape } from '@headroom/kit/scrape'
import t, { type Test } from 'tap'
import { buy, event, metric, open } from '../services/gateway/test/helper.ts'
import { Meters } from '../services/observer/lib/meters.ts'
import { judge } from '../tools/load/verdict.ts'

/** What observer makes of one request, in requests, and what the load generator calls it. */
async function told(
  t: Test,
  mode: 'ok' | 'error' | 'overloaded',
  journey: 'order' | 'view',
): Promise<{ outcome: string; shed: number; failed: number; calls: object | undefined }> {
  const { service, server, orders, catalog } = await open(t)
  orders.mode = catalog.mode = mode
  const meters = new Meters()
  const look = async (atMs: number) => meters.read('gateway', readScrape((await service.ops.inject('/metrics')).body), atMs)
  await look(0)
  const { statusCode: status, headers, body } = await server.inject(journey === 'order' ? buy('key') : `/api/events/${event.id}`)
  await look(1000)
  const { shedPerS: shed = 0, failedPerS: failed = 0, calls } = meters.of('gateway') ?? {}
  t.equal(await metric(service, 'http_server_requests_shed_total'), 0, 'gateway itself sheds nothing')
  const { outcome } = judge(journey, { status, hasRetryAfter: headers['retry-after'] !== undefined, body })
  return { outcome, shed, failed, calls: calls?.get(journey === 'order' ? 'orders' : 'catalog') }
}

for (const journey of ['order', 'view'] as const)
  t.test(`what a service behind gateway sheds is shed to the page as it is to the load generator: ${journey}`, async (t) => {
    t.strictSame(await told(t, 'overloaded', journey), { outcome: 'shed', shed: 1, failed: 0, calls: { ok: 0, shed: 1, failed: 0 } })
    t.match(await told(t, 'ok', journey), { outcome: 'ok', shed: 0, failed: 0, calls: { ok: 1, shed: 0, failed: 0 } })
    t.match(await told(t, 'error', journey), { shed: 0, failed: 1 }, 'an outage is a failure, however politely it is told')
  })
