import { randomInt } from 'node:crypto'
import { createServer, type Server } from 'node:net'

const HOST = '127.0.0.1'
// Below what Linux and macOS give to outgoing connections: a surge opens hundreds a second, and one of them would take a port
// that is free now before the process it was meant for listens. Above 30000 come the NodePorts of a cluster on this machine.
const LOWEST = 20_000
const HIGHEST = 29_999
const ATTEMPTS_MAX = 1000

/**
 * Ports of 127.0.0.1 that are free now and unlikely to be taken soon. They are held together before any is let go, so that no two are the same.
 * @throws Error when hardly any is free
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: { port: number; server: Server }[] = []
  for (let attempt = 0; held.length < count && attempt < ATTEMPTS_MAX; attempt++) {
    const port = randomInt(LOWEST, HIGHEST + 1)
    const server = await hold(port)
    if (server) held.push({ port, server })
  }
  await Promise.all(held.map(({ server }) => new Promise((resolve) => server.close(resolve))))
  if (held.length < count) throw new Error(`too few ports of ${HOST} are free between ${LOWEST} and ${HIGHEST}`)
  return held.map(({ port }) => port)
}

async function hold(port: number): Promise<Server | undefined> {
  const server = createServer()
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined)).listen(port, HOST, () => resolve(server))
  })
}

/** Says why a port that was asked for cannot be had, and what to do. */
export function portSentence(port: number, code: string | undefined): string {
  const fix = 'choose another with --port; 0 lets the system choose'
  if (code === 'EADDRINUSE') return `--port ${port} is in use: end what listens there, or ${fix}`
  return `--port ${port} cannot be had (${code}): ${fix}`
}
