import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { LoadSample } from '@headroom/report/sample'
import type { LoadResult } from '@headroom/report/summary'
import { spawnNode } from './child.ts'

const main = new URL('../load/main.ts', import.meta.url)
const wordsCharactersMax = 2000

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
  /** Ends it early. */
  signal: AbortSignal
}

/**
 * Offers the surge, from a process of its own so that its clock is not held up by ours, and returns what the load generator says of it.
 * @throws Error when it ended without a result, the signal's reason when that ended it
 */
export async function runSurge(options: SurgeOptions): Promise<LoadResult> {
  const { out, onSample, signal } = options
  const child = spawnNode({ main, args: argumentsOf(options), signal })
  let failure: Error | undefined
  child.once('error', (error) => {
    failure = error
  })
  const closed = once(child, 'close').catch(() => [])
  let words = ''
  child.stderr?.on('data', (chunk) => {
    words = `${words}${chunk}`.slice(-wordsCharactersMax)
  })
  child.stderr?.pipe(createWriteStream(join(out, 'load.txt')))
  let summary: LoadResult | undefined
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    const value = readLine(line)
    if (value?.summary) summary = value.summary
    else if (value) onSample({ ...value, p50Ms: value.p50Ms ?? 0, p99Ms: value.p99Ms ?? 0 })
  }
  const [code] = await closed
  signal.throwIfAborted()
  if (!summary)
    throw new Error(`the load generator ended with ${code ?? failure?.message ?? child.signalCode} and no summary: ${words.trim()}`)
  return summary
}

function argumentsOf({ url, rate, factor, calmS, surgeS, afterS, out }: SurgeOptions): string[] {
  const stages = { rate, factor, calm: `${calmS}s`, surge: `${surgeS}s`, after: `${afterS}s` }
  const flags = Object.entries(stages).flatMap(([name, value]) => [`--${name}`, String(value)])
  return [url, '--profile', 'surge', ...flags, '--acks', join(out, 'acks.ndjson')]
}

type Line = LoadSample & { summary?: LoadResult }

/** The last line of a generator that was killed may be torn. */
function readLine(line: string): Line | undefined {
  try {
    return JSON.parse(line) as Line
  } catch {
    return undefined
  }
}
