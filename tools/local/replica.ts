import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const compileCache = fileURLToPath(new URL('../../node_modules/.cache/headroom', import.meta.url))
const preload = new URL('./cpu-limit.ts', import.meta.url).href

/** Where a replica is in its life, in Kubernetes' words where it has one. */
export type ReplicaState = 'starting' | 'ready' | 'terminating' | 'gone'

export interface ReplicaOptions {
  name: string
  /** Path of the service's main.ts. */
  main: URL
  env: Record<string, string>
  /** CPU limit to emulate, in millicores; 0 for none. */
  cpuLimitMillicores: number
  logFile: string
  onChange: (replica: Replica) => void
}

/** One process of one service, from spawn to exit: what a pod is in a cluster. */
export class Replica {
  readonly name: string
  readonly startedAtMs = Date.now()
  readonly exited: Promise<void>
  state: ReplicaState = 'starting'
  readyAtMs: number | undefined
  port = 0
  opsPort = 0
  /** Why it ended, when it was not asked to. */
  failure: string | undefined
  readonly #child: ChildProcess
  readonly #options: ReplicaOptions
  readonly #log: WriteStream

  /** Starts a replica on two ports that the system finds free. */
  static async start(options: ReplicaOptions): Promise<Replica> {
    const [port, opsPort] = await freePorts(2)
    const replica = new Replica(options, port as number, opsPort as number)
    void replica.#untilReady()
    return replica
  }

  private constructor(options: ReplicaOptions, port: number, opsPort: number) {
    this.name = options.name
    this.#options = options
    this.port = port
    this.opsPort = opsPort
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
    const limited = options.cpuLimitMillicores > 0
    this.#child = spawn(process.execPath, [...(limited ? ['--import', preload] : []), fileURLToPath(options.main)], {
      env: {
        ...options.env,
        HOST: '127.0.0.1',
        PORT: String(port),
        OPS_PORT: String(opsPort),
        POD_NAME: options.name,
        PATH: process.env.PATH ?? '',
        // The images bring theirs; a replica under a small CPU limit starts a fifth sooner with it.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCache,
        ...(limited ? { CPU_LIMIT_MILLICORES: String(options.cpuLimitMillicores) } : {}),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child.stdout?.pipe(this.#log, { end: false })
    this.#child.stderr?.pipe(this.#log, { end: false })
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#gone(error.message, resolve))
      this.#child.once('exit', (code, signal) => this.#gone(code === 0 ? undefined : `exited with ${signal ?? code}`, resolve))
    })
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /** Asks it to drain and leave; kills it when it has not left within `graceMs`. Resolves when it is gone. */
  async stop(graceMs: number): Promise<void> {
    if (this.state === 'gone') return
    this.#become('terminating')
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.kill(), graceMs)
    await this.exited
    clearTimeout(timer)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #gone(failure: string | undefined, resolve: () => void): void {
    if (this.state === 'gone') return
    if (this.state !== 'terminating') this.failure = failure ?? 'exited'
    this.#log.end()
    this.#become('gone')
    resolve()
  }

  #become(state: ReplicaState): void {
    this.state = state
    if (state === 'ready') this.readyAtMs = Date.now()
    this.#options.onChange(this)
  }

  /** The readiness probe, more often than a kubelet's so that start-up times are exact. */
  async #untilReady(): Promise<void> {
    while (this.state === 'starting') {
      const ready = await fetch(`http://127.0.0.1:${this.opsPort}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
        (reply) => reply.ok,
        () => false,
      )
      if (ready && this.state === 'starting') return this.#become('ready')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
}

/** Ports that are free now. They are held together before any is let go, so that no two are the same. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer()
      return new Promise<typeof server>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server)))
    }),
  )
  const ports = servers.map((server) => (server.address() as { port: number }).port)
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))))
  return ports
}
