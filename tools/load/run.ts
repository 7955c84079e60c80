import { Readable } from 'node:stream'
import { Generator } from './generator.ts'
import { type LoadOptions, type ResolvedOptions, resolveOptions } from './load-options.ts'
import { seededRandom } from './random.ts'
import type { Sample, Summary } from './results.ts'
import { learnShop } from './shop.ts'
import { BuyerTraffic, pathTraffic, type Traffic } from './traffic.ts'

/** A run under way. */
export interface LoadRun {
  /** One object a second, from the first second on; may be left unread. */
  readonly samples: AsyncIterable<Sample>
  /** The whole run, once the last reply is in. Rejects where the run cannot start. */
  readonly summary: Promise<Summary>
  /** Offers nothing more, awaits what is under way and ends with a summary that gives this reason. */
  stop(reason: string): void
}

/**
 * Offers load by the clock, whatever the replies do.
 * @throws {UsageError} where an option is wrong
 */
export function runLoad(options: LoadOptions): LoadRun {
  const resolved = resolveOptions(options)
  const samples = new Readable({ objectMode: true, read: () => undefined })
  const stopped = new AbortController()
  const summary = run(resolved, (sample) => samples.push(sample), stopped.signal).finally(() => samples.push(null))
  return { samples, summary, stop: (reason) => stopped.abort(reason) }
}

async function run(options: ResolvedOptions, onSample: (sample: Sample) => void, stopped: AbortSignal): Promise<Summary> {
  const traffic = await makeTraffic(options, stopped)
  return new Promise((onEnd, reject) => new Generator(options, { traffic, stopped, onSample, onEnd }).start().catch(reject))
}

async function makeTraffic(options: ResolvedOptions, stopped: AbortSignal): Promise<Traffic> {
  const { baseUrl, urlPath, patienceMs, seed } = options
  if (urlPath !== undefined) return pathTraffic(baseUrl.host, urlPath)
  const events = await learnShop(baseUrl, patienceMs, stopped)
  // A stream of its own: the buyers' choices do not shift the arrivals.
  return new BuyerTraffic(baseUrl.host, seededRandom(seed + 1), { ...options, events })
}
