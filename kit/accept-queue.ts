import type { Server } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'

/**
 * Guards the queue that the limit on requests in flight cannot see. A turn of the event loop accepts one new connection, so clients that
 * connect anew, as all do whose last request timed out, wait with their requests in the kernel's queue; served in order, each would be
 * answered after its client has given up, and nothing would ever be answered in time again.
 *
 * While new connections wait for longer than `waitAllowedMs`, a growing share of all requests is refused, which costs a tenth of serving
 * them; with the queue gone the share melts away. After AIMD (https://datatracker.ietf.org/doc/html/rfc5681#section-3.1) with the roles changed.
 */
export class AcceptQueueGuard {
  /** Share of browsing requests that is refused, 0 to 0.95. */
  share = 0

  /** @param waitMs how long a new connection waits now. @param windows how many windows of the limit have passed since the last word */
  adjust(waitMs: number, windows: number): void {
    if (waitMs > waitAllowedMs) this.share = Math.min(shareMax, this.share + increase * Math.min(windows, windowsMax))
    else this.share = this.share < shareMin ? 0 : this.share * decrease ** windows
  }

  /** Whether to refuse a request. @param rank how dear it is: a share of 0.5 refuses half of rank 1, a quarter of rank 2, a sixteenth of rank 4 */
  refuses(rank: number, chance = Math.random()): boolean {
    return this.share > 0 && chance < this.share ** rank
  }
}

/** What a request may wait for a turn, as in the limit. */
const waitAllowedMs = 500
const increase = 0.1
const decrease = 0.7
/** Something is always let through: by that the end of the overload is seen. */
const shareMax = 0.95
const shareMin = 0.02
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
