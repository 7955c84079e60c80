import type { ChildProcess } from 'node:child_process'
import { createWriteStream, type WriteStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { spawnNode } from './child.ts'
import { freePorts } from './ports.ts'

const compileCache = fileURLToPath(new URL('../../node_modules/.cache/headroom', import.meta.url))
const preload = new URL('./cpu-limit.ts', import.meta.url).href

const readyTimeoutMsDefault = 60_000
const probeIntervalMs = 100
const probeTimeoutMs = 1000
/** Once it is ready, as often and as patiently as the charts' readiness probe. */
const probeAgainMs = 5000
const probeAgainTimeoutMs = 4000

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
  /** When a start counts as failed. Default 60000. */
  readyTimeoutMs?: number
  onChange: (replica: Replica) => void
}

/** One process of one service, from spawn to exit: what a pod is in a cluster. */
export class Replica {
  readonly name: string
  readonly startedAtMs = Date.now()
  readonly exited: Promise<void>
  readonly port: number
  readonly opsPort: number
  state: ReplicaState = 'starting'
  readyAtMs: number | undefined
  /** What its readiness probe says, and since when; undefined before the first answer. */
  readiness: { ok: boolean; sinceMs: number } | undefined
  /** Why it ended, when it was not asked to. */
  failure: string | undefined
  readonly #child: ChildProcess
  readonly #options: ReplicaOptions
  readonly #log: WriteStream
  #asked: NodeJS.Signals | undefined

  /** Starts a replica on two ports that are free. */
  static async start(options: ReplicaOptions): Promise<Replica> {
    return new Replica(options, await freePorts(2))
  }

  /** @param ports for traffic and for operations */
  constructor(options: ReplicaOptions, [port = 0, opsPort = 0]: number[]) {
    this.name = options.name
    this.#options = options
    this.port = port
    this.opsPort = opsPort
    this.#log = createWriteStream(options.logFile, { flags: 'a' })
    const limited = options.cpuLimitMillicores > 0
    this.#child = spawnNode({
      main: options.main,
      preloads: limited ? [preload] : [],
      env: {
        ...options.env,
        HOST: '127.0.0.1',
        PORT: String(port),
        OPS_PORT: String(opsPort),
        POD_NAME: options.name,
        // The images bring theirs; a replica under a small CPU limit starts a fifth sooner with it.
        NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCache,
        ...(limited ? { CPU_LIMIT_MILLICORES: String(options.cpuLimitMillicores) } : {}),
      },
    })
    this.#child.stdout?.pipe(this.#log, { end: false })
    this.#child.stderr?.pipe(this.#log, { end: false })
    this.exited = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#gone(error.message, resolve))
      // Not `exit`: the last words come after it.
      this.#child.once('close', (code, signal) => this.#gone(signal ? `was ended by ${signal}` : `exited with ${code}`, resolve))
    })
    void this.#probe(options.readyTimeoutMs ?? readyTimeoutMsDefault)
  }

  /** Once it is gone; null when a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  /**
   * Asks it to leave, with SIGTERM to drain first; kills it when it has not left within `graceMs`. Resolves when it is gone.
   * Asking again in the same way changes nothing: a second signal would cut the first one's drain short.
   */
  async stop(graceMs: number, signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM'): Promise<void> {
    if (this.state === 'gone' || this.#asked === signal) return await this.exited
    this.#asked = signal
    this.#child.kill(signal)
    if (this.state !== 'terminating') this.#become('terminating')
    const timer = setTimeout(() => this.kill(), graceMs)
    await this.exited
    clearTimeout(timer)
  }

  kill(): void {
    this.#child.kill('SIGKILL')
  }

  #gone(failure: string, resolve: () => void): void {
    if (this.state === 'gone') return
    if (this.state !== 'terminating') this.failure ??= failure
    this.#become('gone')
    // Whoever waits for the end may read the log.
    this.#log.end(() => resolve())
  }

  #become(state: ReplicaState): void {
    this.state = state
    if (state === 'ready') this.readyAtMs = Date.now()
    this.#options.onChange(this)
  }

  /** The readiness probe, more often than a kubelet's until it is ready, so that start-up times are exact. */
  async #probe(readyTimeoutMs: number): Promise<void> {
    while (this.state === 'starting') {
      const ok = await this.#answersReady(probeTimeoutMs)
      if (this.state !== 'starting') return
      this.#answered(ok)
      if (ok) this.#become('ready')
      else if (Date.now() - this.startedAtMs > readyTimeoutMs) {
        this.failure = `was not ready within ${readyTimeoutMs / 1000} s`
        return this.kill()
      } else await delay(probeIntervalMs)
    }
    await this.#keepProbing()
  }

  /** What is answered later is told and changes nothing else. One that leaves says no on purpose, and is not asked. */
  async #keepProbing(): Promise<void> {
    while (this.state === 'ready') {
      await delay(probeAgainMs, undefined, { ref: false })
      if (this.state !== 'ready') return
      const ok = await this.#answersReady(probeAgainTimeoutMs)
      if (this.state === 'ready') this.#answered(ok)
    }
  }

  #answered(ok: boolean): void {
    if (this.readiness?.ok !== ok) this.readiness = { ok, sinceMs: Date.now() }
  }

  async #answersReady(timeoutMs: number): Promise<boolean> {
    try {
      const reply = await fetch(`http://127.0.0.1:${this.opsPort}/readyz`, { signal: AbortSignal.timeout(timeoutMs) })
      await reply.body?.cancel()
      return reply.ok
    } catch {
      return false
    }
  }
}
