import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { request, type World } from './helper.ts'

/** A replica as a process of its own, to be killed. */
export interface Victim {
  url: string
  child: ChildProcess
}

/** Starts a victim. It waits for other services, and keeps its leases, longer than any test. */
export async function startVictim(world: World, t: { teardown(end: () => unknown): unknown }): Promise<Victim> {
  const patience = {
    PEER_TIMEOUT_MS: '30000',
    HANDLER_TIMEOUT_MS: '60000',
    LEASE_S: '300',
    RECOVERY_INTERVAL_MS: '60000',
    DRAIN_DELAY_MS: '0',
  }
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

/** Ends it without a chance to do anything about it. */
export async function kill({ child }: Victim): Promise<void> {
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** Resolves with the reply, or with undefined when none came. */
export async function send({ url }: Victim, key: string): Promise<{ status: number; body: string } | undefined> {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key, 'x-request-timeout-ms': '60000' }
  try {
    const reply = await fetch(`${url}/orders`, { method: 'POST', headers, body: JSON.stringify(request) })
    return { status: reply.status, body: await reply.text() }
  } catch {
    return undefined
  }
}
