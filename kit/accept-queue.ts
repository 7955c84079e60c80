import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/**
 * Guards the queue that the limit on requests in flight cannot see. A turn of the event loop accepts one new connection, so clients that
 * connect anew, as all do whose last request timed out, wait with their requests in the kernel's queue; served in order, each would be
 * answered after its client has given up, and nothing would ever be answered in time again.
 *
 * While new connections wait for longer than `targetMs`, a share of all requests is refused, which costs a tenth of serving them. The share
 * follows the wait and its trend, after PIE (https://www.rfc-editor.org/rfc/rfc8033#section-4.2), once per window of the limit.
 */
export class AcceptQueueGuard {
  /** Share of browsing requests that is refused, 0 to 0.95. */
  share = 0
  #lastWaitMs = 0

  /** @param waitMs how long a new connection waits now. @param windows how many windows of the limit have passed since the last word */
  adjust(waitMs: number, windows: number): void {
    const step = (gain * (waitMs - targetMs) + trendGain * (waitMs - this.#lastWaitMs)) / 1000
    this.#lastWaitMs = waitMs
    const next = waitMs === 0 ? this.share * decay ** windows : this.share + step * Math.min(windows, windowsMax)
    this.share = next < shareMin ? 0 : Math.min(shareMax, next)
  }

  /** Whether to refuse a request. @param rank how dear it is: a share of 0.8 refuses 80 % of rank 1, 41 % of rank 4, 0.1 % of rank 32 */
  refuses(rank: number, chance = Math.random()): boolean {
    return this.share > 0 && chance < this.share ** rank
  }
}

/** One period of a CPU quota: a pause by one is no queue. */
const targetMs = 100
/** Shares per second of wait, and per second that it grew by. */
const gain = 0.3
const trendGain = 0.6
/** Per window without any wait. */
const decay = 0.75
/** Something is always let through: by that the end of the overload is seen. */
const shareMax = 0.95
const shareMin = 0.01
/** One late reading is not several. */
const windowsMax = 3

/**
 * Measures how long new connections wait, with one of our own: connected by the kernel at once, it is accepted behind those that came before.
 * @returns a function that gives the wait in milliseconds, 0 when there is none, and lets the next measurement begin when `again`
 */
export function measureAcceptQueue(server: Server): (again: boolean) => number {
  let probe: { socket: Socket; startedAt: number } | undefined
  let lastWaitMs = 0

  const end = () => {
    probe?.socket.destroy()
    probe = undefined
  }
  const begin = ({ address, port }: AddressInfo) => {
    const host = address === '::' ? '::1' : address === '0.0.0.0' ? '127.0.0.1' : address
    const socket = connect({ host, port }).unref()
    // Where it cannot connect nothing is known, and nothing refused.
    socket.on('error', end)
    probe = { socket, startedAt: performance.now() }
  }
  server.on('connection', (accepted: Socket) => {
    if (probe === undefined || accepted.remotePort !== probe.socket.localPort) return
    if (!accepted.remoteAddress?.endsWith(probe.socket.localAddress ?? '')) return
    lastWaitMs = performance.now() - probe.startedAt
    accepted.destroy()
    end()
  })
  server.on('close', end)

  return (again) => {
    const waitMs = Math.max(lastWaitMs, probe === undefined ? 0 : performance.now() - probe.startedAt)
    lastWaitMs = 0
    const address = server.address()
    if (again && probe === undefined && address !== null && typeof address === 'object') begin(address)
    return waitMs
  }
}
