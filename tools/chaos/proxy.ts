import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { Transform } from 'node:stream'

/** What a proxy does to what passes through it. Nothing when empty. */
export interface Fault {
  /** Delays every byte by this long, each way. */
  latencyMs?: number
  /** Passes at most so many bytes a second, each way. */
  bytesPerS?: number
  /** Resets connections: the open ones at once, new ones as they come; a number below 1 is the share of new ones. */
  reset?: number
  /** Swallows everything and answers nothing. */
  blackHole?: boolean
  /** Ends the target's side of a connection after its first bytes, and leaves the client's open. */
  halfClose?: boolean
}

/** A TCP proxy whose faults can be switched while connections are open. */
export interface FaultProxy {
  url: string
  port: number
  /** Where it leads: set once the target's port is known. */
  target: number
  /** Connections taken so far. */
  taken: number
  inflict(fault: Fault): void
  close(): Promise<void>
}

const host = '127.0.0.1'

/**
 * Listens on a port that the system chooses.
 * @param random for the share of resets
 */
export async function startProxy(random: () => number = Math.random): Promise<FaultProxy> {
  let fault: Fault = {}
  const pairs = new Set<[Socket, Socket]>()
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    proxy.taken++
    if (fault.reset !== undefined && random() < fault.reset) return void client.resetAndDestroy()
    const upstream = connect({ host, port: proxy.target, allowHalfOpen: true, noDelay: true })
    const pair: [Socket, Socket] = [client, upstream]
    pairs.add(pair)
    for (const socket of pair)
      socket
        .on('error', () => fault.halfClose || cut(pair))
        .on('close', () => pair.every(({ destroyed }) => destroyed) && pairs.delete(pair))
    client.on('close', () => upstream.destroy())
    upstream.on('close', () => fault.halfClose || client.destroy())
    client.pipe(passing(() => fault)).pipe(upstream)
    const back = passing(() => fault)
    upstream.pipe(back).pipe(client, { end: !fault.halfClose })
    // Only once the first bytes are through.
    if (fault.halfClose) back.once('data', () => setImmediate(() => upstream.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const { port } = server.address() as AddressInfo
  const proxy: FaultProxy = {
    url: `http://${host}:${port}`,
    port,
    target: 0,
    taken: 0,
    inflict(next) {
      fault = next
      if (next.reset === 1) for (const pair of pairs) cut(pair, true)
    },
    async close() {
      for (const pair of pairs) cut(pair)
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return proxy
}

function cut(pair: [Socket, Socket], reset = false): void {
  for (const socket of pair) {
    if (reset && !socket.destroyed) socket.resetAndDestroy()
    else socket.destroy()
  }
}

/** Passes bytes on as the present fault wants it; the order stays, a fault that ends frees what it delayed only in its time. */
function passing(faultNow: () => Fault): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const { latencyMs = 0, bytesPerS, blackHole } = faultNow()
      if (blackHole) return done()
      const waitMs = latencyMs + (bytesPerS === undefined ? 0 : (chunk.length / bytesPerS) * 1000)
      if (waitMs === 0) done(null, chunk)
      else setTimeout(() => done(null, chunk), waitMs)
    },
  })
}
