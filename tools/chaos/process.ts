import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { Replica } from '@headroom/local/replica'
import type { RowContext } from './row.ts'

export const kitArm = new URL('arms/kit.ts', import.meta.url)

export interface ProcessOptions {
  main: URL
  env?: Record<string, string>
  /** Emulated; 0 for none. */
  cpuLimitMillicores?: number
}

/** Starts one process, gives it to `use` once it is ready, and takes it away whatever comes. */
export async function withProcess<T>(context: RowContext, options: ProcessOptions, use: (replica: Replica) => Promise<T>): Promise<T> {
  const { main, env = {}, cpuLimitMillicores = 0 } = options
  const name = (main.pathname.split('/').slice(-2).join('-') as string).replace(/\.ts$/, '')
  const replica = await Replica.start({
    name,
    main,
    env: { LOG_LEVEL: 'warn', ...env },
    cpuLimitMillicores,
    logFile: join(context.folder, `${name}.log`),
    onChange: () => {},
  })
  try {
    while (replica.state === 'starting') await delay(20, undefined, { signal: context.signal })
    if (replica.state !== 'ready') throw new Error(`${name} ${replica.failure}; its log is in ${context.folder}`)
    return await use(replica)
  } finally {
    replica.kill()
    await replica.exited
  }
}

/** The text of /metrics. */
export async function scrape({ opsPort }: Replica): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${opsPort}/metrics`)).text()
}
