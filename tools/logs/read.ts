import { createReadStream, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { type Line, parseLine } from './line.ts'

/** Most lines of one trace that are kept to be sorted. */
export const linesMax = 10_000

/** Lines of a trace in the order of their time, and whether there are more than `linesMax`. */
export interface Found {
  lines: Line[]
  more: boolean
}

/**
 * Reads the logs of all replicas of a local run.
 * @param out the run's folder, with `logs/*.log`
 * @throws Error in a sentence, when there are no logs or none of them has the trace
 */
export async function linesOfFolder(out: string, trace: string): Promise<Found> {
  const folder = join(out, 'logs')
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.log')) : []
  if (names.length === 0)
    throw new Error(`${folder} holds no logs: run \`make demo\` or \`make start\` first, or name a run's folder with --out`)
  const found: Found = { lines: [], more: false }
  for (const name of names.sort()) await collect(createReadStream(join(folder, name)), trace, found)
  return inOrder(found, trace, `${names.length} logs in ${folder}`)
}

/**
 * Reads one stream that has the logs of all.
 * @throws Error in a sentence, when none of it has the trace
 */
export async function linesOfStream(stream: Readable, trace: string): Promise<Found> {
  const found: Found = { lines: [], more: false }
  await collect(stream, trace, found)
  return inOrder(found, trace, 'the logs on standard input')
}

async function collect(stream: Readable, trace: string, found: Found): Promise<void> {
  for await (const text of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const line = parseLine(text, trace)
    if (line === undefined) continue
    if (found.lines.length < linesMax) found.lines.push(line)
    else found.more = true
  }
}

function inOrder({ lines, more }: Found, trace: string, where: string): Found {
  if (lines.length === 0)
    throw new Error(
      `trace ${trace} is in none of ${where}. A request is surely logged when its traceparent has the sampled flag (ends with -01); of the others one in a hundred is`,
    )
  return { lines: lines.toSorted((a, b) => a.atMs - b.atMs), more }
}
