import { createServer, type RequestListener } from 'node:http'
import { type AddressInfo, createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import type { Test } from 'tap'
import { type Client, type ClientOptions, createClient } from '../client.ts'
import type { CallContext } from '../deadlines.ts'
import { Problem } from '../errors.ts'
import type { Service } from '../service.ts'
import { newTraceparent } from '../tracing.ts'
import { built } from './helper.ts'

async function listen(t: Test, server: NetServer): Promise<string> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => sockets.add(socket))
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export const peer = (t: Test, answer: RequestListener) => listen(t, createServer(answer))

/** A peer that answers each connection's first request and closes the connection under the second, as a server does whose keep-alive has just run out. */
export function closingPeer(t: Test, seen: string[]): Promise<string> {
  return listen(
    t,
    createTcpServer((socket) => {
      let requests = 0
      socket.on('error', () => {})
      socket.on('data', (data) => {
        const [line = ''] = data.toString().split('\r\n')
        seen.push(line)
        if (requests++ > 0) socket.destroy()
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
      })
    }),
  )
}

export async function client(t: Test, options: Omit<ClientOptions, 'name'>): Promise<{ client: Client; service: Service }> {
  const made: Client[] = []
  const service = await built(t, (server) => {
    made.push(createClient(server, { name: 'peer', ...options }))
  })
  return { client: made[0] as Client, service }
}

export function context(remainingMs = 5000): CallContext {
  return { traceparent: newTraceparent(), deadlineAt: performance.now() + remainingMs }
}

export async function failure(promise: Promise<unknown>): Promise<Problem> {
  const error = await promise.then(
    (answer) => new Error(`answered ${JSON.stringify(answer)}`),
    (error) => error,
  )
  if (!(error instanceof Problem)) throw error
  return error
}
