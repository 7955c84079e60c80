import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Pool } from 'undici'

/** What becomes of a request: passed on, refused with 500 unseen by the target, or passed on and answered with 500 all the same. */
export type Treatment = 'pass' | 'refuse' | 'lie'

/** An HTTP server before another that fails as applications fail, where a TCP proxy fails as networks do. */
export interface Middleman {
  port: number
  /** Port of the one behind it. */
  target: number
  requests: number
  treat: (path: string) => Treatment
  close(): Promise<void>
}

/** Listens on a port that the system chooses. */
export async function startMiddleman(): Promise<Middleman> {
  let pool: Pool | undefined
  const server = createServer(async (request, response) => {
    middleman.requests++
    const treatment = middleman.treat(request.url ?? '')
    const body = await read(request)
    const fail = () => response.writeHead(500, { 'content-type': 'text/plain' }).end('made to fail')
    if (treatment === 'refuse') return void fail()
    pool ??= new Pool(`http://127.0.0.1:${middleman.target}`, { connections: 64 })
    const { host: _host, connection: _connection, 'transfer-encoding': _encoding, 'content-length': _length, ...headers } = request.headers
    const call = { method: request.method as 'GET', path: request.url ?? '/', headers, ...(body.length > 0 ? { body } : {}) }
    try {
      const answer = await pool.request(call)
      const text = await answer.body.text()
      if (treatment === 'lie') return void fail()
      const { connection: _theirs, 'transfer-encoding': _chunked, 'content-length': _long, ...rest } = answer.headers
      response.writeHead(answer.statusCode, rest).end(text)
    } catch {
      response.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const middleman: Middleman = {
    port: (server.address() as AddressInfo).port,
    target: 0,
    requests: 0,
    treat: () => 'pass',
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await pool?.destroy()
    },
  }
  return middleman
}

async function read(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
