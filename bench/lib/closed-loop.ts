import { connect, type Socket } from 'node:net'

export interface ClosedLoopOptions {
  port: number
  path: string
  requests: number
  connections: number
}

const end = Buffer.from('\r\n\r\n')

/**
 * Sends a number of keep-alive GET requests over some connections, one at a time on each; a connection that says `Connection: close` is replaced.
 * It reads no more of a reply than its length, so that the client costs less than any server under test.
 * @throws when a reply is not 200 or a connection breaks
 */
export async function closedLoop({ port, path, requests, connections }: ClosedLoopOptions): Promise<void> {
  const message = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\n\r\n`)
  let left = requests
  const take = () => left-- > 0
  await Promise.all(Array.from({ length: connections }, () => worker(port, message, take)))
}

async function worker(port: number, message: Buffer, take: () => boolean): Promise<void> {
  for (let more = true; more; ) more = await oneConnection(port, message, take)
}

/** Resolves with true when the server ended the connection and requests are left. */
function oneConnection(port: number, message: Buffer, take: () => boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket: Socket = connect(port, '127.0.0.1')
    socket.setNoDelay(true)
    const finish = (more: boolean) => {
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(more)
    }
    const next = () => (take() ? socket.write(message) : finish(false))
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection under a request')))
    let pending: Buffer | undefined
    socket.on('data', (chunk) => {
      const data = pending === undefined ? chunk : Buffer.concat([pending, chunk])
      const head = data.indexOf(end)
      const text = head === -1 ? '' : data.latin1Slice(0, head).toLowerCase()
      const length = Number(/content-length: (\d+)/.exec(text)?.[1] ?? 0)
      if (head === -1 || data.length < head + 4 + length) {
        pending = data
        return
      }
      pending = undefined
      if (!text.startsWith('http/1.1 200')) reject(new Error(`unexpected reply: ${text.split('\r\n', 1)[0]}`))
      else if (text.includes('connection: close')) finish(true)
      else next()
    })
  })
}
