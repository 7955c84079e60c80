/**
 * A service's address on this machine: a TCP listener that gives each connection to a random endpoint, as kube-proxy's
 * iptables rules do. It balances connections, not requests, and retries nothing: a dead endpoint is a reset connection.
 *
 *   const balancer = await startBalancer({ endpointLagMs: 500 })
 *   balancer.setEndpoints([{ port: 4001 }, { port: 4002 }])
 *   balancer.url                       // http://127.0.0.1:38211
 *   balancer.counts()                  // [{ port: 4001, opened: 12, open: 3 }, ...]
 *   await balancer.close()
 */
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

export interface Endpoint {
  /** On 127.0.0.1. */
  port: number
}

export interface BalancerOptions {
  /** 0 lets the system choose. */
  port?: number
  /** How long a removed endpoint still gets new connections, as while a cluster spreads the news; a function is asked at each removal. Default 0. */
  endpointLagMs?: number | (() => number)
  /** Connections above this many are closed at once. Default 10000. */
  connectionsMax?: number
  /** Picks from 0 up to 1; for tests. */
  random?: () => number
}

export interface EndpointCount extends Endpoint {
  opened: number
  open: number
}

export interface Balancer {
  port: number
  url: string
  /** Replaces the ready endpoints. A new one is used at once, a missing one until the lag has passed; open connections stay. */
  setEndpoints: (endpoints: readonly Endpoint[]) => void
  /** Connections by endpoint, of those in use or with a connection open. */
  counts: () => EndpointCount[]
  /** Connections reset because there was no endpoint. */
  refused: () => number
  /** Stops listening and cuts what is open. */
  close: () => Promise<void>
}

const HOST = '127.0.0.1'

/** Starts a balancer without endpoints: until there are some it resets every connection. Rejects when the port cannot be had. */
export async function startBalancer(options: BalancerOptions = {}): Promise<Balancer> {
  const { port: wantedPort = 0, endpointLagMs = 0, connectionsMax = 10_000, random = Math.random } = options
  const backends = new Backends(typeof endpointLagMs === 'number' ? () => endpointLagMs : endpointLagMs)
  const sockets = new Set<Socket>()
  let refused = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const backend = backends.pick(random())
    if (backend === undefined) {
      refused++
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: HOST, port: backend.port, allowHalfOpen: true, noDelay: true })
    backends.opened(backend)
    upstream.once('close', () => backends.closed(backend))
    join(client, upstream, sockets)
  })
  server.maxConnections = connectionsMax

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(wantedPort, HOST, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://${HOST}:${port}`,
    setEndpoints: (endpoints) => backends.set(endpoints),
    counts: () => backends.counts(),
    refused: () => refused,
    close: async () => {
      backends.clear()
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

interface Backend extends EndpointCount {
  /** Takes new connections. */
  active: boolean
  leaving: NodeJS.Timeout | undefined
}

/** The endpoints in use, and those that are only waited for. */
class Backends {
  readonly #all = new Map<number, Backend>()
  readonly #lagMs: () => number
  #active: Backend[] = []

  constructor(lagMs: () => number) {
    this.#lagMs = lagMs
  }

  /** The endpoint for a number from 0 up to 1. */
  pick(share: number): Backend | undefined {
    return this.#active[Math.floor(share * this.#active.length)]
  }

  opened(backend: Backend): void {
    backend.opened++
    backend.open++
  }

  closed(backend: Backend): void {
    backend.open--
    this.#forgetIfUnused(backend)
  }

  set(endpoints: readonly Endpoint[]): void {
    const wanted = new Set(endpoints.map(({ port }) => port))
    for (const port of wanted) {
      const backend = this.#all.get(port) ?? { port, opened: 0, open: 0, active: true, leaving: undefined }
      clearTimeout(backend.leaving)
      backend.leaving = undefined
      backend.active = true
      this.#all.set(port, backend)
    }
    for (const backend of [...this.#all.values()]) {
      if (wanted.has(backend.port) || !backend.active || backend.leaving !== undefined) continue
      const lagMs = this.#lagMs()
      if (lagMs === 0) this.#retire(backend)
      else backend.leaving = setTimeout(() => this.#retire(backend), lagMs).unref()
    }
    this.#refresh()
  }

  counts(): EndpointCount[] {
    return [...this.#all.values()].map(({ port, opened, open }) => ({ port, opened, open }))
  }

  clear(): void {
    for (const { leaving } of this.#all.values()) clearTimeout(leaving)
    this.#active = []
  }

  #retire(backend: Backend): void {
    backend.active = false
    backend.leaving = undefined
    this.#refresh()
    this.#forgetIfUnused(backend)
  }

  #refresh(): void {
    this.#active = [...this.#all.values()].filter(({ active }) => active)
  }

  #forgetIfUnused(backend: Backend): void {
    if (!backend.active && backend.open === 0) this.#all.delete(backend.port)
  }
}

/** Copies both ways. One side's end is passed on as an end, so that half-open connections work; its failure as a reset. */
function join(client: Socket, upstream: Socket, sockets: Set<Socket>): void {
  client.pipe(upstream)
  upstream.pipe(client)
  for (const [socket, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    sockets.add(socket)
    socket.on('error', () => other.resetAndDestroy())
    socket.once('close', () => sockets.delete(socket))
  }
}
