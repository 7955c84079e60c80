import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net'

/** The part of a tap test these helpers use. */
export interface Teardown {
  teardown(fn: () => unknown): unknown
}

/** Starts an HTTP server for one test and gives its base URL. */
export async function serve(t: Teardown, listener: RequestListener): Promise<string> {
  const server = createServer({ keepAliveTimeout: 60_000 }, listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    return new Promise((resolve) => server.close(resolve))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** Starts a TCP server that speaks whatever the test wants, and gives its port. */
export async function serveTcp(t: Teardown, onSocket: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createTcpServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => sockets.delete(socket))
    onSocket(socket)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    return new Promise((resolve) => server.close(resolve))
  })
  return (server.address() as AddressInfo).port
}

/** A port on which nobody listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Calls back for each whole request without a body on a raw socket, with its ordinal number on that socket. */
export function onRequest(socket: Socket, answer: (ordinal: number) => void): void {
  let text = ''
  let ordinal = 0
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    for (let end = text.indexOf('\r\n\r\n'); end >= 0; end = text.indexOf('\r\n\r\n')) {
      text = text.slice(end + 4)
      ordinal += 1
      answer(ordinal)
    }
  })
}

export const OK_REPLY = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'

/** Replies with JSON. */
export function reply(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  response.end(JSON.stringify(body))
}

const EVENTS = ['aurora-live', 'harbor-jazz'].map((id) => ({ id, tiers: [{ id: `${id}-floor` }, { id: `${id}-balcony` }] }))

/** An order as the shop receives it. */
export interface ReceivedOrder {
  readonly key: string
  readonly eventId: string
  readonly tierId: string
  readonly quantity: number
}

/** Answers an order; `confirm` does what a healthy shop does. */
export type OrderAnswer = (response: ServerResponse, order: ReceivedOrder, confirm: () => void) => void

/** A tiny stand-in for the public API that keeps confirmed orders; `seen` counts requests by method and path. */
export function shop(onOrder: OrderAnswer, seen: Map<string, number> = new Map()): RequestListener {
  const orderIds = new Set<string>()
  return async (request: IncomingMessage, response: ServerResponse) => {
    const { method, url = '' } = request
    seen.set(`${method} ${url}`, (seen.get(`${method} ${url}`) ?? 0) + 1)
    if (url === '/api/events') return reply(response, 200, { events: EVENTS, degraded: false })
    if (url.startsWith('/api/events/')) return reply(response, 200, { ...EVENTS[0], degraded: false })
    if (url.startsWith('/api/orders/')) {
      const known = orderIds.has(url.slice('/api/orders/'.length))
      return reply(response, known ? 200 : 404, known ? { state: 'confirmed' } : { code: 'order_not_found' })
    }
    let body = ''
    for await (const part of request) body += part
    const key = String(request.headers['idempotency-key'])
    onOrder(response, { key, ...JSON.parse(body) }, () => {
      orderIds.add(`order-${key}`)
      reply(response, 201, { id: `order-${key}`, state: 'confirmed' })
    })
  }
}
