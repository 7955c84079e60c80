import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** A server under test in a process of its own. */
export interface Arm {
  port: number
  pid: number
  /** CPU time of the process so far, user and system, in microseconds. */
  cpuUs(): Promise<number>
  stop(): Promise<void>
}

const reporter = new URL('./report-cpu.ts', import.meta.url).href

/**
 * Starts a program that listens on PORT and waits until it answers.
 * @param file the program
 * @param env over the caller's
 */
export async function startArm(file: URL, path: string, env: Record<string, string> = {}): Promise<Arm> {
  const port = await freePort()
  const child = fork(file, {
    execArgv: ['--import', reporter],
    env: { ...process.env, HOST: '127.0.0.1', PORT: String(port), OPS_PORT: String(await freePort()), ...env },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  })
  await answers(child, `http://127.0.0.1:${port}${path}`)
  return { port, pid: pidOf(child), cpuUs: () => cpuUs(child), stop: () => stop(child) }
}

export function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the server under test did not start')
  return pid
}

export async function answers(child: ChildProcess, url: string): Promise<void> {
  for (const giveUpAt = Date.now() + 10_000; ; await delay(20)) {
    if (child.exitCode !== null) throw new Error(`the server under test left with exit code ${child.exitCode}`)
    const reply = await fetch(url).catch(() => undefined)
    await reply?.body?.cancel()
    if (reply?.ok) return
    if (Date.now() > giveUpAt) throw new Error(`${url} does not answer 200 within 10 s`)
  }
}

async function cpuUs(child: ChildProcess): Promise<number> {
  const answer = once(child, 'message') as Promise<[NodeJS.CpuUsage]>
  child.send('cpu')
  const [{ user, system }] = await answer
  return user + system
}

async function stop(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
