import { connect } from 'node:net'

export interface ClosedLoopOptions {
  port: number
  path: string
  /** Most that are sent. Default: until `signal` is aborted. */
  requests?: number
  connections: number
  /** Once it is aborted, what was sent is waited for and nothing more is sent. */
  signal?: AbortSignal
}

/**
 * Sends a number of keep-alive GET requests over some connections, one at a time on each; a connection that says `Connection: close` is replaced.
 * It reads no more of a reply than its length, so that the client costs less than any server under test.
 * @throws when a reply is not 200 or a connection breaks
 */
export async function closedLoop({ port, path, requests = Infinity, connections, signal }: ClosedLoopOptions): Promise<void> {
  const message = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: keep-alive\r\n\r\n`)
  let left = requests
  const take = () => !signal?.aborted && left-- > 0
  await Promise.all(Array.from({ length: connections }, () => worker(port, message, take)))
}

async function worker(port: number, message: Buffer, take: () => boolean): Promise<void> {
  for (let more = true; more; ) more = await oneConnection(port, message, take)
}

/** Resolves with true when the server ended the connection and requests are left. */
function oneConnection(port: number, message: Buffer, take: () => boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true })
    const finish = (more: boolean) => {
      socket.removeAllListeners('close')
      socket.destroy()
      resolve(more)
    }
    const next = () => (take() ? socket.write(message) : finish(false))
    let pending = ''
    socket.setEncoding('latin1')
    socket.on('connect', next)
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('the server closed a connection under a request')))
    socket.on('data', (chunk: string) => {
      pending += chunk
      const headLength = pending.indexOf('\r\n\r\n')
      const head = pending.slice(0, Math.max(headLength, 0)).toLowerCase()
      const length = Number(/content-length: (\d+)/.exec(head)?.[1] ?? 0)
      if (headLength === -1 || pending.length < headLength + 4 + length) return
      pending = ''
      if (!head.startsWith('http/1.1 200')) reject(new Error(`unexpected reply: ${head.split('\r\n', 1)[0]}`))
      else if (head.includes('connection: close')) finish(true)
      else next()
    })
  })
}
