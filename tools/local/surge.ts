import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { LoadLine } from '@headroom/report/load-line'
import type { LoadResult } from '@headroom/report/summary'
import { spawnNode } from './child.ts'

const main = new URL('../load/main.ts', import.meta.url)
const wordsCharactersMax = 2000

export interface LoadOptions {
  /** Where the buyers come in. */
  url: string
  /** Folder for the generator's own words. */
  out: string
  onSecond: (line: LoadLine) => void
  /** Ends it early. */
  signal: AbortSignal
}

/** Its acknowledgements go to acks.ndjson beside the words. */
export interface SurgeOptions extends LoadOptions {
  rate: number
  factor: number
  calmS: number
  surgeS: number
  afterS: number
}

/** Offers the surge: calm, a step, calm. @see runLoad */
export async function runSurge(options: SurgeOptions): Promise<LoadResult> {
  const { rate, factor, calmS, surgeS, afterS, out } = options
  const stages = { rate, factor, calm: `${calmS}s`, surge: `${surgeS}s`, after: `${afterS}s` }
  return await runLoad(options, 'load.txt', ['--profile', 'surge', ...flagsOf(stages), '--acks', join(out, 'acks.ndjson')])
}

/** Four rising steps up to a rate: a process that has just started pays several times as much for a request as it will. @see runLoad */
export async function warmUp(options: LoadOptions, ratePerS: number, seconds: number): Promise<LoadResult> {
  const stages = { rate: ratePerS / 4, factor: 4, steps: 4, duration: `${seconds}s` }
  return await runLoad(options, 'warm-up.txt', ['--profile', 'steps', ...flagsOf(stages)])
}

/**
 * Offers load from a process of its own, so that its clock is not held up by ours, and returns what the load generator says of it.
 * @throws Error when it ended without a result, the signal's reason when that ended it
 */
async function runLoad({ url, out, onSecond, signal }: LoadOptions, wordsFile: string, flags: string[]): Promise<LoadResult> {
  const child = spawnNode({ main, args: [url, ...flags], signal })
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const closed = once(child, 'close').catch(() => [])
  let words = ''
  child.stderr?.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-wordsCharactersMax)
  })
  child.stderr?.pipe(createWriteStream(join(out, wordsFile)))
  let summary: LoadResult | undefined
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const value = readLine(line)
    if (value?.summary) summary = value.summary
    else if (value) onSecond({ ...value, p50Ms: value.p50Ms ?? 0, p99Ms: value.p99Ms ?? 0 })
  }
  const [code] = await closed
  signal.throwIfAborted()
  if (!summary)
    throw new Error(`the load generator ended with ${code ?? failure?.message ?? child.signalCode} and no summary: ${words.trim()}`)
  return summary
}

function flagsOf(values: Record<string, string | number>): string[] {
  return Object.entries(values).flatMap(([name, value]) => [`--${name}`, String(value)])
}

type Line = LoadLine & { summary?: LoadResult }

/** The last line of a generator that was killed may be torn. */
function readLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}
