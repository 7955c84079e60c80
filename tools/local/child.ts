import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const leaveWithOwner = new URL('./leave-with-owner.ts', import.meta.url).href

export interface NodeProgram {
  main: URL
  args?: readonly string[]
  /** The whole environment, apart from PATH. */
  env?: Record<string, string>
  /** Modules that are loaded first. */
  preloads?: readonly string[]
  /** What becomes of stdout and stderr. Default: pipes. */
  output?: 'pipe' | 'inherit'
  /** Kills it at once, which its `error` event tells. */
  signal?: AbortSignal | undefined
}

/**
 * Starts a Node program that belongs to this process: it has a session of its own, so Ctrl-C at the terminal reaches us
 * and not it and everything can be stopped in order; and it ends when we are gone, even killed.
 */
export function spawnNode({ main, args = [], env = {}, preloads = [], output = 'pipe', signal }: NodeProgram): ChildProcess {
  const imports = [leaveWithOwner, ...preloads].flatMap((preload) => ['--import', preload])
  const options: SpawnOptions = {
    env: { PATH: process.env.PATH ?? '', ...env },
    stdio: ['pipe', output, output],
    detached: true,
    killSignal: 'SIGKILL',
    ...(signal && { signal }),
  }
  const child = spawn(process.execPath, [...imports, fileURLToPath(main), ...args], options)
  // We never write to it, but a broken pipe is told here.
  child.stdin?.on('error', () => {})
  return child
}
