import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { ClusterError } from './errors.ts'

/** The programs that the cluster commands drive, and where each is to be had. */
const tools = {
  docker: 'install it from https://docs.docker.com/engine/install/ and start its engine',
  kind: 'install it from https://kind.sigs.k8s.io/docs/user/quick-start/#installation',
  kubectl: 'install it from https://kubernetes.io/docs/tasks/tools/',
  helm: 'install version 3.18 or later, or 4, from https://helm.sh/docs/intro/install/',
  git: 'install it from https://git-scm.com/downloads, or name the tag yourself with --tag',
} as const

export type Tool = keyof typeof tools

/** Where every program runs: the top of the checkout, so that paths in what is printed are those in the documents. */
export const root = new URL('../../', import.meta.url)

const outputBytesMax = 64 * 1024 * 1024
const shownLines = 12

export interface RunOptions {
  /** Text for the program's standard input. */
  input?: string
  /** Called with every line of either output while the program runs. */
  onLine?: (line: string) => void
}

/** What to say of a program that is not there. */
export function missingTool(tool: Tool): string {
  return `${tool} is not on the PATH: ${tools[tool]}.`
}

/**
 * Runs a program to its end and gives its standard output.
 * @throws ClusterError when the program is missing, or fails: with its last lines
 */
export async function run(tool: Tool, args: string[], options: RunOptions = {}): Promise<string> {
  const child = start(tool, args, { stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'] })
  let stdout = ''
  let all = ''
  let rest = ''
  const take = (text: string) => {
    all = (all + text).slice(-outputBytesMax)
    const lines = (rest + text).split(/[\r\n]+/)
    rest = lines.pop() ?? ''
    for (const line of lines) options.onLine?.(line)
  }
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout = (stdout + text).slice(-outputBytesMax)
    take(text)
  })
  child.stderr?.setEncoding('utf8').on('data', take)
  // A program that ends before it has read its input says why itself.
  child.stdin?.on('error', () => {})
  child.stdin?.end(options.input)
  const code = await ended(tool, child)
  if (code === 0) return stdout
  throw new ClusterError(`${[tool, ...args].join(' ')} failed (exit code ${code}):\n${lastLines(all)}`)
}

/** Starts a program at the top of the checkout and leaves it running. */
export function start(tool: Tool, args: string[], options: SpawnOptions): ChildProcess {
  return spawn(tool, args, { cwd: root, ...options })
}

/** The exit code of a program. @throws ClusterError when it could not be started */
export async function ended(tool: Tool, child: ChildProcess): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(new ClusterError(error.code === 'ENOENT' ? missingTool(tool) : error.message)),
    )
    child.once('close', (code) => resolve(code))
  })
}

/** True when the program runs and exits with 0. @throws ClusterError when it is missing */
export async function succeeds(tool: Tool, args: string[]): Promise<boolean> {
  return (await ended(tool, start(tool, args, { stdio: 'ignore' }))) === 0
}

/** Fails early, with every missing program at once. */
export async function requireTools(needed: Tool[]): Promise<void> {
  const version: Record<Tool, string[]> = {
    docker: ['--version'],
    kind: ['version'],
    kubectl: ['version', '--client'],
    helm: ['version', '--short'],
    git: ['--version'],
  }
  const found = await Promise.all(needed.map((tool) => succeeds(tool, version[tool]).catch(() => false)))
  const missing = needed.filter((_, index) => !found[index])
  if (missing.length > 0) throw new ClusterError(missing.map(missingTool).join('\n'))
  if (needed.includes('docker') && !(await succeeds('docker', ['version']))) {
    throw new ClusterError(
      'docker is there but its engine does not answer: start it, or point DOCKER_HOST at one (`docker version` shows why).',
    )
  }
}

function lastLines(text: string): string {
  return text
    .trimEnd()
    .split('\n')
    .slice(-shownLines)
    .map((line) => `  ${line}`)
    .join('\n')
}
