import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Random } from '@headroom/load/random'
import type { Replica } from '@headroom/local/replica'
import type { Verdict } from '@headroom/report/verdict'
import { type HostileCase, type HostileTarget, hostileCases } from '../hostile.ts'
import { kitArm, scrape, withProcess } from '../process.ts'
import { check, type Row, type RowContext } from '../row.ts'

const repliesWithinMs = 8000
/** After so long without a byte there is no further reply to come. */
const quietMs = 100
/** The handler's own timeout, the grace for who left, and some slack. */
const settleWithinMs = 8000
const gateway = new URL('../../../services/gateway/main.ts', import.meta.url)
const ofKit: HostileTarget = { get: '/wait?ms=1', post: '/echo', headers: '', body: { text: 'a' }, text: 'text', created: 200 }
const ofGateway: HostileTarget = {
  get: '/hello',
  post: '/api/orders',
  headers: 'idempotency-key: raw\r\n',
  body: { eventId: 'aurora-live', tierId: 'aurora-live-floor', quantity: 1 },
  text: 'buyer',
  created: 201,
}
const cases = hostileCases(ofKit).length

/** Bytes that no HTTP client would send. */
export const rawTcp: Row = {
  name: 'raw-tcp',
  promise:
    'malformed, smuggled and hostile bytes get one reply, each its own refusal, or a closed connection, never a 5xx; nobody dies of them, and behind the gateway nobody hears of them',
  full: `${cases} cases at a service and at the gateway, and with random bytes changed, 1,000 each`,
  quick: `${cases} cases at a service and at the gateway, and with random bytes changed, 200 each`,
  async run(context) {
    const peer = await recordingPeer()
    const urls = ['CATALOG_URL', 'INVENTORY_URL', 'ORDERS_URL', 'HELLO_URL'].map((name) => [name, `http://127.0.0.1:${peer.port}`])
    try {
      const kit = await withProcess(context, { main: kitArm }, (replica) => assault(context, replica, 'a service', ofKit))
      const edge = await withProcess(context, { main: gateway, env: Object.fromEntries(urls) }, (replica) =>
        assault(context, replica, 'gateway', ofGateway, peer),
      )
      return { figures: { ...kit.figures, ...edge.figures }, checks: [...kit.checks, ...edge.checks] }
    } finally {
      await peer.close()
    }
  },
}

/** Every case as it is, and then with bytes changed, one after another. */
async function assault({ count, random }: RowContext, replica: Replica, name: string, target: HostileTarget, peer?: Peer) {
  const all = hostileCases(target)
  const statuses = new Map<string, number>()
  const wrong: string[] = []
  const heard: string[] = []
  for (const { name, bytes, outcomes } of all) {
    const before = peer?.requests ?? 0
    const [status, ...more] = await send(replica.port, bytes, statuses)
    if (more.length > 0 || !outcomes.includes(status)) wrong.push(`${name}: ${[status, ...more].join(' and ')}`)
    const reached = (peer?.requests ?? 0) - before
    if (reached !== (outcomes.some((outcome) => outcome.startsWith('2')) ? 1 : 0)) heard.push(`${name}: ${reached}`)
  }
  const wanted = count(1000, 200)
  const bad: string[] = []
  for (let index = all.length; index < wanted; index++) {
    const { name, bytes } = all[index % all.length] as HostileCase
    for (const status of await send(replica.port, mutated(bytes, random), statuses))
      if (!/^(4\d\d|2\d\d|closed)$/.test(status)) bad.push(`${name}: ${status}`)
  }
  const settled = await settledMs(replica)
  const alive = (await fetch(`http://127.0.0.1:${replica.port}${target.get}`)).status
  const checks: Verdict[] = [
    check(`${name}: one reply to each of ${all.length} cases, and the right one`, some(wrong), wrong.length === 0),
    ...(peer === undefined
      ? []
      : [check('gateway: what is answered reached a peer once, and what is refused never', some(heard), heard.length === 0)]),
    check(`${name}: with bytes changed only 4xx, 2xx or a closed connection`, some(bad), bad.length === 0),
    check(`${name}: lives and answers`, `${replica.state} ${alive}`, replica.state === 'ready' && alive === 200),
    check(`${name}: nothing stays in flight`, `${settled} ms until none is`, settled <= settleWithinMs),
  ]
  return {
    figures: {
      [`${name}: replies`]: [...statuses]
        .sort()
        .map(([status, times]) => `${times} ${status}`)
        .join(', '),
    },
    checks,
  }
}

const some = (found: string[]) => (found.length === 0 ? 'none else' : `${found.length}: ${found.slice(0, 5).join(', ')}`)

function mutated(bytes: Buffer, random: Random): Buffer {
  const copy = Buffer.from(bytes)
  const flips = 1 + Math.floor(random() * 4)
  for (let i = 0; i < flips; i++) copy[Math.floor(random() * Math.min(copy.length, 400))] = Math.floor(random() * 256)
  return copy
}

/** The status of every reply until the connection ends, `closed` for none, `silent` as the last when it does not end. */
function send(port: number, bytes: Buffer, counts: Map<string, number>): Promise<[string, ...string[]]> {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ port, host: '127.0.0.1' })
    const timer = setTimeout(() => end('silent'), repliesWithinMs)
    const end = (last?: string) => {
      clearTimeout(timer)
      clearTimeout(enough)
      socket.destroy()
      const statuses = Array.from(received.matchAll(/HTTP\/1\.1 (\d{3}) /g), ([, status = '']) => status).filter(
        (status) => status !== '100',
      )
      if (last !== undefined) statuses.push(last)
      const [first = 'closed', ...more] = statuses
      for (const status of [first, ...more]) counts.set(status, (counts.get(status) ?? 0) + 1)
      resolve([first, ...more])
    }
    socket.on('error', () => end())
    socket.on('close', () => end())
    // Only then: a server gives up what it has begun for a client that has ended its side. What waits for more learns that there is none.
    const enough = setTimeout(() => socket.end(), quietMs)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      enough.refresh()
    })
    socket.write(bytes)
  })
}

interface Peer {
  port: number
  requests: number
  close(): Promise<void>
}

/** What the gateway has behind it: it agrees to everything and counts. */
async function recordingPeer(): Promise<Peer> {
  const server = createServer((request, response) => {
    peer.requests++
    request.resume()
    if (request.method === 'GET') response.end('Hello World!')
    else response.writeHead(201, { 'content-type': 'application/json' }).end('{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const peer: Peer = {
    port: (server.address() as AddressInfo).port,
    requests: 0,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return peer
}

/** Milliseconds until nothing counts as in flight any more: half a body is waited for until its deadline. */
async function settledMs(replica: Replica): Promise<number> {
  const startedAtMs = performance.now()
  const inFlight = async () => Number(/^http_server_active_requests (\d+)/m.exec(await scrape(replica))?.[1] ?? -1)
  while ((await inFlight()) !== 0 && performance.now() - startedAtMs <= settleWithinMs) await delay(100)
  return Math.round(performance.now() - startedAtMs)
}
