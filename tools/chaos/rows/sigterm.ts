import { setTimeout as delay } from 'node:timers/promises'
import type { Replica } from '@headroom/local/replica'
import { kitArm, scrape, withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const streamCount = 10
const exitWithinMs = 8000
const waitMs = 4500

/** A replica is told to leave with its hands full. */
export const sigterm: Row = {
  name: 'sigterm',
  promise: 'SIGTERM with requests in flight and event streams open: all are answered, streams end with a last event, exit 0 within 8 s',
  full: '200 requests in flight, 10 open streams',
  quick: '100 requests in flight, 10 open streams',
  async run(context) {
    const requestCount = context.count(200, 100)
    const env = { CONCURRENCY_LIMIT_MAX: '1000', DRAIN_DELAY_MS: '1000', HANDLER_TIMEOUT_MS: '8000' }
    return await withProcess(context, { main: kitArm, env }, async (replica) => {
      const base = `http://127.0.0.1:${replica.port}`
      // Opened before the requests are sent: those are dearer, and fill a limit that starts low.
      const streams: Promise<string>[] = []
      for (let i = 0; i < streamCount; i++) streams.push((await opened(`${base}/stream`)).text().catch(() => 'broken'))
      const requests = Array.from({ length: requestCount }, () => admitted(`${base}/wait?ms=${waitMs}`))
      await inFlight(replica, requestCount + streamCount)
      const askedAtMs = performance.now()
      // The grace ends in SIGKILL, which would show as a failure.
      await replica.stop(20_000)
      const tookMs = Math.round(performance.now() - askedAtMs)
      const answered = (await Promise.allSettled(requests)).filter((result) => result.status === 'fulfilled' && result.value === 200).length
      const farewells = (await Promise.all(streams)).filter((text) => text.endsWith('event: bye\ndata: {}\n\n')).length
      return {
        figures: { 'exit after, ms': tookMs },
        checks: [
          check(`${requestCount} requests answered`, answered, answered === requestCount),
          check(`${streamCount} streams ended with a last event`, farewells, farewells === streamCount),
          check('exit 0', replica.exitCode ?? 'killed', replica.exitCode === 0),
          check('exit within 8 s', `${tookMs} ms`, tookMs <= exitWithinMs),
        ],
      }
    })
  },
}

async function opened(url: string): Promise<Response> {
  const reply = await fetch(url)
  if (!reply.ok) throw new Error(`${url} answered ${reply.status}, not with a stream`)
  return reply
}

/** The status once there was room: the limit starts low and grows while it is in use. */
async function admitted(url: string): Promise<number> {
  for (;;) {
    const { status } = await fetch(url)
    if (status !== 503) return status
    await delay(100)
  }
}

/** Resolves once as many are being worked on; who waits for a turn may still be refused. */
async function inFlight(replica: Replica, wanted: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const text = await scrape(replica)
    const gauge = (name: string) => Number(new RegExp(`^${name} (\\d+)`, 'm').exec(text)?.[1])
    if (gauge('http_server_active_requests') - gauge('http_server_queued_requests') >= wanted) return
    await delay(20)
  }
  throw new Error(`${wanted} requests were never in flight together`)
}
