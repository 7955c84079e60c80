import { type ChildProcess, spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import t from 'tap'
import { post, request, until, World } from './helper.ts'

const world = await World.start(t)
const { inventory, payments } = world

interface Replica {
  url: string
  child: ChildProcess
}

/** A replica as a process of its own, to be killed. It waits for other services, and keeps its leases, longer than any test. */
async function startProcess(t: { teardown(end: () => unknown): unknown }): Promise<Replica> {
  const patience = { PEER_TIMEOUT_MS: '30000', HANDLER_TIMEOUT_MS: '60000', LEASE_S: '300', RECOVERY_INTERVAL_MS: '60000' }
  const child = spawn(process.execPath, [new URL('../main.ts', import.meta.url).pathname], {
    env: { PATH: process.env.PATH, ...world.env, ...patience, HOST: '127.0.0.1', PORT: '0', OPS_PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  t.teardown(() => child.kill('SIGKILL'))
  for await (const line of createInterface(child.stdout)) {
    const { msg, port } = JSON.parse(line)
    if (msg !== 'ready') continue
    child.stdout.resume()
    return { child, url: `http://127.0.0.1:${port}` }
  }
  throw new Error('the process ended before it was ready')
}

async function kill({ child }: Replica): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Resolves with the reply, or with undefined when none came. */
async function send({ url }: Replica, key: string): Promise<{ status: number; body: string } | undefined> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, 'x-request-timeout-ms': '60000' }
  try {
    const reply = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(request) })
    return { status: reply.status, body: await reply.text() }
  } catch {
    return undefined
  }
}

const hold = 'POST /holds'
const charge = 'POST /charges'
const confirm = 'POST /holds/:id/confirm'
const release = 'DELETE /holds/:id'
const refund = 'POST /charges/:id/refund'

const points = [
  { peer: inventory, call: hold, end: 201 },
  { peer: payments, call: charge, end: 201 },
  { peer: inventory, call: confirm, end: 201 },
  { peer: inventory, call: release, end: 402 },
  { peer: payments, call: refund, end: 409 },
  { peer: inventory, call: release, end: 409 },
].flatMap((point) => [
  { ...point, when: 'before' as const },
  { ...point, when: 'after' as const },
])

t.test('an order killed at any point is brought to its end by another replica', async (t) => {
  const victim = await startProcess(t)
  const keys: string[] = []
  for (const { peer, call, when, end } of points) {
    payments.declineNext = end === 402
    inventory.expireNext = end === 409
    peer.failNext(call, { when, how: 'hang' })
    const reached = peer.seen(call)
    const key = randomUUID()
    keys.push(key)
    void send(victim, key)
    await reached
  }
  await kill(victim)
  const states = await world.rows<{ state: string }>('SELECT DISTINCT state FROM orders ORDER BY state')
  t.strictSame(
    states.map(({ state }) => state),
    ['cancelling', 'held', 'pending', 'refunding'],
    'every state that a crash can leave',
  )
  const other = await world.replica(t, { RECOVERY_INTERVAL_MS: '20' })
  await world.endLeases()
  await world.settled()
  for (const [index, key] of keys.entries()) {
    const { call, when, end } = points[index] as (typeof points)[0]
    t.equal((await post(other, { key })).statusCode, end, `killed ${when} ${call}`)
  }
  await world.audit(t)
  await world.published()
})

t.test('replicas killed at random moments under load lose no acknowledged order', async (t) => {
  const acknowledged = new Map<string, string>()
  const keys: string[] = []
  for (let round = 0; round < 3; round++) {
    const victim = await startProcess(t)
    let open = true
    const clients = Array.from({ length: 10 }, async () => {
      while (open) {
        const key = randomUUID()
        keys.push(key)
        const reply = await send(victim, key)
        if (reply?.status === 201) acknowledged.set(key, reply.body)
      }
    })
    const goal = acknowledged.size + 20 + Math.floor(Math.random() * 40)
    await until(() => acknowledged.size >= goal)
    await kill(victim)
    open = false
    await Promise.all(clients)
  }
  const other = await world.replica(t, { RECOVERY_INTERVAL_MS: '20', OUTBOX_INTERVAL_MS: '20' })
  await world.endLeases()
  await world.settled()
  for (const [key, body] of acknowledged) t.equal((await post(other, { key })).body, body)
  await world.rows('UPDATE outbox SET claimed_until = now() WHERE published_at IS NULL')
  await world.published()
  await world.audit(t)
  const confirmed = await world.rows<{ id: string }>("SELECT id FROM orders WHERE state = 'confirmed'")
  t.strictSame(
    [...world.catalog.sold.values()].filter((sold) => sold !== 2),
    [],
    'every effect once',
  )
  t.equal(world.catalog.sold.size, confirmed.length)
  t.ok(keys.length > acknowledged.size, `${keys.length - acknowledged.size} orders had no reply`)
})

t.test('SIGTERM in the middle of orders: all are answered, then it exits 0', async (t) => {
  const leaving = await startProcess(t)
  payments.delayMs = 200
  const arrived = payments.seen(charge)
  const replies = Array.from({ length: 10 }, () => send(leaving, randomUUID()))
  await arrived
  const exited = once(leaving.child, 'exit')
  leaving.child.kill('SIGINT')
  for (const reply of await Promise.all(replies)) t.equal(reply?.status, 201)
  t.strictSame(await exited, [0, null])
  payments.delayMs = 0
  await world.audit(t)
})
