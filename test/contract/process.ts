import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { root } from '../../scripts/lib/services.ts'

/** One line of a service's log. */
export interface LogLine {
  msg: string
  port?: number
  opsPort?: number
  trace_id?: string
  route?: string
}

/** A service running as its main.ts runs it in a pod. */
export class ServiceProcess {
  readonly lines: LogLine[] = []
  stderr = ''
  readonly exited: Promise<number | null>
  readonly #child: ChildProcess
  readonly #wakers = new Set<() => void>()

  /** @param env the whole environment, but for PATH */
  constructor(t: { teardown(close: () => Promise<void>): unknown }, name: string, env: Record<string, string>) {
    const child = spawn(process.execPath, [`services/${name}/main.ts`], { cwd: root, env: { PATH: process.env.PATH, ...env } })
    this.#child = child
    this.exited = once(child, 'close').then(([code]) => code as number | null)
    child.stderr.on('data', (chunk) => (this.stderr += chunk))
    createInterface({ input: child.stdout }).on('line', (line) => {
      this.lines.push(JSON.parse(line))
      for (const wake of this.#wakers) wake()
    })
    void this.exited.then(() => {
      for (const wake of this.#wakers) wake()
    })
    t.teardown(async () => {
      child.kill('SIGKILL')
      await this.exited
    })
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Resolves with the first line that fits, once it is there. */
  async line(fits: (line: LogLine) => boolean): Promise<LogLine> {
    for (;;) {
      const found = this.lines.find(fits)
      if (found !== undefined) return found
      if (this.#child.exitCode !== null) throw new Error(`ended with ${this.#child.exitCode}: ${this.stderr || JSON.stringify(this.lines)}`)
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#wakers.delete(wake)
          resolve()
        }
        this.#wakers.add(wake)
      })
    }
  }

  /** Where it listens, once it is ready. */
  async ready(): Promise<{ url: string; opsUrl: string }> {
    const { port, opsPort } = await this.line(({ msg }) => msg === 'ready')
    return { url: `http://127.0.0.1:${port}`, opsUrl: `http://127.0.0.1:${opsPort}` }
  }
}
