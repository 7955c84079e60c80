import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RowResult } from './row.ts'

/** One row's result file, `NAME.json`. */
export interface StoredResult extends RowResult {
  name: string
  seed: number
  quick: boolean
  tookS: number
  holds: boolean
}

/** The result of a row that was run before with the same seed and counts, or undefined. */
export function readResult(out: string, name: string, seed: number, quick: boolean): StoredResult | undefined {
  try {
    const result = JSON.parse(readFileSync(join(out, `${name}.json`), 'utf8')) as StoredResult
    return result.seed === seed && result.quick === quick ? result : undefined
  } catch {
    // Not there, or torn by an end in the middle: the row is run.
    return undefined
  }
}

/** Writes a row's result file. @throws Error naming the folder where it cannot be written */
export function writeResult(out: string, result: StoredResult): void {
  write(out, `${result.name}.json`, result)
}

/** Writes summary.json: every row of this run, and whether all of it held. */
export function writeSummary(out: string, results: StoredResult[]): void {
  write(out, 'summary.json', { holds: results.every(({ holds }) => holds), rows: results })
}

function write(out: string, file: string, value: unknown): void {
  try {
    mkdirSync(out, { recursive: true })
    writeFileSync(join(out, file), `${JSON.stringify(value, null, 2)}\n`)
  } catch (error) {
    throw new Error(`--out ${out}: cannot be written (${(error as NodeJS.ErrnoException).code}); name a folder that can`)
  }
}
