import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Test } from 'tap'
import { descendantsOf } from './processes.ts'

/** A command line that runs, with all that it prints. */
export class Running {
  stdout = ''
  stderr = ''
  /** Exit code, or the signal that ended it. */
  readonly exited: Promise<number | string>
  ended = false
  /** Process ids of all that it was seen to have started. */
  readonly family = new Set<number>()
  readonly #child: ChildProcess
  readonly #wakers = new Set<() => void>()

  constructor(t: Test, args: readonly string[]) {
    // The test runner's own preloads have no place in what is tested.
    const child = spawn(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    child.stdout.on('data', (chunk) => {
      this.stdout += chunk
      this.#wake()
    })
    child.stderr.on('data', (chunk) => (this.stderr += chunk))
    this.exited = once(child, 'exit').then(([code, signal]) => {
      this.ended = true
      this.#wake()
      return code ?? signal
    })
    t.teardown(async () => {
      child.kill('SIGKILL')
      await this.exited
    })
  }

  get pid(): number {
    return this.#child.pid as number
  }

  /** Notes what it has started by now, then sends the signal; resolves with the exit code and how long that took. */
  async end(signal: NodeJS.Signals): Promise<{ code: number | string; tookMs: number }> {
    for (const pid of descendantsOf(this.pid)) this.family.add(pid)
    const startedAt = performance.now()
    this.#child.kill(signal)
    const code = await this.exited
    return { code, tookMs: performance.now() - startedAt }
  }

  /** Resolves once the pattern is in what it has printed, with the match. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.stdout)
      if (match) return match
      if (this.ended) throw new Error(`ended without printing ${pattern}: ${this.stdout}${this.stderr}`)
      await new Promise<void>((resolve) => this.#wakers.add(resolve))
    }
  }

  #wake(): void {
    const wakers = [...this.#wakers]
    this.#wakers.clear()
    for (const wake of wakers) wake()
  }
}
