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
  /** How long a removed endpoint still gets new connections, as while a cluster spreads the news. Default 0. */
  endpointLagMs?: number
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

interface Backend extends EndpointCount {
  /** Takes new connections. */
  active: boolean
  leaving: NodeJS.Timeout | undefined
}

/** Starts a balancer without endpoints: until there are some it resets every connection. Rejects when the port cannot be had. */
export async function startBalancer(options: BalancerOptions = {}): Promise<Balancer> {
  const { port: wantedPort = 0, endpointLagMs = 0, connectionsMax = 10_000, random = Math.random } = options
  const backends = new Map<number, Backend>()
  const sockets = new Set<Socket>()
  let active: Backend[] = []
  let refused = 0

  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const backend = active[Math.floor(random() * active.length)]
    if (backend === undefined) {
      refused++
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: HOST, port: backend.port, allowHalfOpen: true, noDelay: true })
    backend.opened++
    backend.open++
    join(client, upstream, sockets)
    upstream.once('close', () => {
      backend.open--
      forgetIfUnused(backend)
    })
  })
  server.maxConnections = connectionsMax

  const refresh = () => {
    active = [...backends.values()].filter((backend) => backend.active)
  }
  const forgetIfUnused = (backend: Backend) => {
    if (!backend.active && backend.open === 0) backends.delete(backend.port)
  }
  const retire = (backend: Backend) => {
    backend.active = false
    backend.leaving = undefined
    refresh()
    forgetIfUnused(backend)
  }
  const setEndpoints = (endpoints: readonly Endpoint[]) => {
    const wanted = new Set(endpoints.map((endpoint) => endpoint.port))
    for (const port of wanted) {
      const backend = backends.get(port) ?? { port, opened: 0, open: 0, active: true, leaving: undefined }
      clearTimeout(backend.leaving)
      backend.leaving = undefined
      backend.active = true
      backends.set(port, backend)
    }
    for (const backend of [...backends.values()]) {
      if (wanted.has(backend.port) || !backend.active || backend.leaving !== undefined) continue
      if (endpointLagMs === 0) retire(backend)
      else backend.leaving = setTimeout(retire, endpointLagMs, backend).unref()
    }
    refresh()
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(wantedPort, HOST, resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://${HOST}:${port}`,
    setEndpoints,
    counts: () => [...backends.values()].map(({ port, opened, open }) => ({ port, opened, open })),
    refused: () => refused,
    close: async () => {
      for (const { leaving } of backends.values()) clearTimeout(leaving)
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
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
