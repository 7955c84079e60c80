import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { kitArm, withProcess } from '../process.ts'
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
      const streams = Array.from({ length: streamCount }, () => streamed(`${base}/stream`))
      const requests = Array.from({ length: requestCount }, () => admitted(`${base}/wait?ms=${waitMs}`))
      await inFlight(replica.opsPort, requestCount + streamCount)
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

/**
 * What came until the stream ended well; nothing when it broke. Not by fetch: where the last event and the end of the connection come together it
 * sometimes sees the end first.
 */
async function streamed(url: string): Promise<string> {
  try {
    const [reply] = (await once(get(url), 'response')) as [IncomingMessage]
    let text = ''
    for await (const part of reply.setEncoding('utf8')) text += part
    return text
  } catch {
    return ''
  }
}

/** The status once there was room: the limit starts low and grows while it is in use. */
async function admitted(url: string): Promise<number> {
  for (;;) {
    const { status } = await fetch(url)
    if (status !== 503) return status
    await delay(100)
  }
}

async function inFlight(opsPort: number, wanted: number): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const text = await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
    if (Number(/^http_server_active_requests (\d+)/m.exec(text)?.[1]) >= wanted) return
    await delay(20)
  }
  throw new Error(`${wanted} requests were never in flight together`)
}
