import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { LoadSample } from '@headroom/report/sample'
import type { LoadResult } from '@headroom/report/summary'

const main = new URL('../load/main.ts', import.meta.url)

export interface SurgeOptions {
  /** Where the buyers come in. */
  url: string
  rate: number
  factor: number
  calmS: number
  surgeS: number
  afterS: number
  /** Folder for acks.ndjson and the generator's own words. */
  out: string
  onSample: (sample: LoadSample) => void
}

/** The load generator in a process of its own, so that its clock is not held up by ours. */
export class Surge {
  readonly finished: Promise<LoadResult>
  readonly #child: ChildProcess

  constructor({ url, rate, factor, calmS, surgeS, afterS, out, onSample }: SurgeOptions) {
    const stages = [
      '--profile',
      'surge',
      '--rate',
      rate,
      '--factor',
      factor,
      '--calm',
      `${calmS}s`,
      '--surge',
      `${surgeS}s`,
      '--after',
      `${afterS}s`,
    ]
    this.#child = spawn(process.execPath, [fileURLToPath(main), url, ...stages.map(String), '--acks', join(out, 'acks.ndjson')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const words = createWriteStream(join(out, 'load.txt'))
    this.#child.stderr?.pipe(words)
    this.finished = this.#read(onSample)
    // Whoever awaits `finished` is told; a run that is being torn down awaits nothing.
    this.finished.catch(() => {})
  }

  stop(): void {
    this.#child.kill('SIGKILL')
  }

  async #read(onSample: (sample: LoadSample) => void): Promise<LoadResult> {
    const exited = new Promise<number | null>((resolve, reject) => this.#child.once('exit', resolve).once('error', reject))
    let summary: LoadResult | undefined
    let stderr = ''
    this.#child.stderr?.on('data', (chunk) => {
      stderr = `${stderr}${chunk}`.slice(-2000)
    })
    for await (const line of createInterface({ input: this.#child.stdout as NodeJS.ReadableStream })) {
      const value = JSON.parse(line)
      if (value.summary) summary = value.summary
      else onSample({ ...value, p50Ms: value.p50Ms ?? 0, p99Ms: value.p99Ms ?? 0 })
    }
    const code = await exited
    if (!summary) throw new Error(`the load generator ended with ${code} and no summary: ${stderr.trim()}`)
    return summary
  }
}
