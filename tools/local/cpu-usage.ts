import { cpuTimesS } from './cpu-time.ts'

/** A reading of one process: CPU time used so far, at a moment of the wall clock. */
interface Reading {
  atMs: number
  cpuS: number
}

/** Usage averaged over the window that ends at `atMs`. */
export interface Usage {
  millicores: number
  windowMs: number
  atMs: number
}

/**
 * Watches the CPU time of processes, as metrics-server does of containers: usage is the difference of two readings over a window.
 * A process has no usage before it has lived one whole window.
 */
export class CpuUsage {
  readonly #windowMs: number
  readonly #everyMs: number
  readonly #readings = new Map<number, Reading[]>()
  readonly #pids: () => number[]
  #timer: NodeJS.Timeout | undefined

  /** @param pids the processes that exist now; asked at every reading */
  constructor(pids: () => number[], windowMs: number) {
    this.#pids = pids
    this.#windowMs = windowMs
    this.#everyMs = Math.min(500, windowMs / 2)
  }

  start(): void {
    this.#timer = setInterval(() => void this.read(), this.#everyMs)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  async read(): Promise<void> {
    const times = await cpuTimesS(this.#pids())
    const atMs = Date.now()
    for (const pid of this.#readings.keys()) if (!times.has(pid)) this.#readings.delete(pid)
    for (const [pid, cpuS] of times) {
      const readings = this.#readings.get(pid) ?? []
      readings.push({ atMs, cpuS })
      // One reading at or before the window's start is kept, so that the whole window is covered.
      while (readings[1] && readings[1].atMs <= atMs - this.#windowMs) readings.shift()
      this.#readings.set(pid, readings)
    }
  }

  /** Usage of one process over the last window, or undefined when it has not lived that long. */
  of(pid: number): Usage | undefined {
    const readings = this.#readings.get(pid)
    const first = readings?.[0]
    const last = readings?.at(-1)
    if (!first || !last || last.atMs - first.atMs < this.#windowMs * 0.9) return undefined
    const windowMs = last.atMs - first.atMs
    return { millicores: ((last.cpuS - first.cpuS) / windowMs) * 1e6, windowMs, atMs: last.atMs }
  }
}
