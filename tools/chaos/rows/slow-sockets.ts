import { once } from 'node:events'
import { connect } from 'node:net'
import { runLoad } from '@headroom/load/run'
import { kitArm, withProcess } from '../process.ts'
import { check, type Row } from '../row.ts'

const headersTimeoutMs = 5000
const requestTimeoutMs = 10_000
const slackMs = 2000
const dripMs = 500

/** Slowloris, with headers and with bodies. */
export const slowSockets: Row = {
  name: 'slow-sockets',
  promise: 'sockets that send their headers or bodies a byte at a time are closed within the limit + 2 s, and nobody else notices',
  full: '500 slow headers, 500 slow bodies, 100 requests/s of healthy clients',
  quick: '100 slow headers, 100 slow bodies, 100 requests/s of healthy clients',
  async run(context) {
    const count = context.count(500, 100)
    return await withProcess(context, { main: kitArm }, async ({ port }) => {
      const healthy = runLoad({
        url: `http://127.0.0.1:${port}`,
        urlPath: '/wait?ms=1',
        stages: [{ name: 'healthy', durationS: 60, ratePerS: 100 }],
      })
      const head = 'POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 10000\r\n'
      const headers = Array.from({ length: count }, () => drip(port, head))
      const bodies = Array.from({ length: count }, () => drip(port, `${head}\r\n{"text":"`))
      const [headersMs, bodiesMs] = [Math.max(...(await Promise.all(headers))), Math.max(...(await Promise.all(bodies)))]
      healthy.stop('the slow ones are gone')
      const { requests, latencyMs } = await healthy.summary
      return {
        figures: { 'healthy requests': requests.offered, 'healthy p99, ms': latencyMs.p99 ?? 'none' },
        checks: [
          check(`${count} slow headers closed within 7 s`, `${Math.round(headersMs)} ms`, headersMs <= headersTimeoutMs + slackMs),
          check(`${count} slow bodies closed within 12 s`, `${Math.round(bodiesMs)} ms`, bodiesMs <= requestTimeoutMs + slackMs),
          check('every healthy request answered', `${requests.ok} of ${requests.offered}`, requests.ok === requests.offered),
        ],
      }
    })
  },
}

/** Sends a beginning and then a byte at a time. @returns how long the socket lived, in milliseconds */
async function drip(port: number, beginning: string): Promise<number> {
  const socket = connect({ port, host: '127.0.0.1' }).on('error', () => {})
  await once(socket, 'connect')
  const startedAtMs = performance.now()
  socket.write(beginning)
  const timer = setInterval(() => socket.write('a'), dripMs)
  socket.resume()
  await once(socket, 'close')
  clearInterval(timer)
  return performance.now() - startedAtMs
}
