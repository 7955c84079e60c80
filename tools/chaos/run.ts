import { mkdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { seededRandom } from '@headroom/load/random'
import { verdictText } from '@headroom/report/verdict'
import type { Flags } from './flags.ts'
import { readResult, type StoredResult, writeResult, writeSummary } from './results.ts'
import type { Row, RowResult } from './row.ts'

/** Runs the rows one after another; those that have a result are skipped, so that a run which was cut off goes on where it was. */
export async function runRows(rows: Row[], flags: Flags, note: (text: string) => void, signal: AbortSignal): Promise<StoredResult[]> {
  const out = resolve(flags.out)
  const results: StoredResult[] = []
  for (const [index, row] of rows.entries()) {
    const before = flags.fresh ? undefined : readResult(out, row.name, flags.seed, flags.quick)
    note(`\n[${index + 1}/${rows.length}] ${row.name}: ${row.promise}${before ? ' (done before; --fresh runs it again)' : ''}`)
    const result = before ?? (await runRow(row, { ...flags, out }, note, signal))
    writeResult(out, result)
    for (const [figure, value] of Object.entries(result.figures)) note(`      ${figure}: ${value}`)
    note(verdictText(result.checks))
    results.push(result)
  }
  writeSummary(out, results)
  return results
}

async function runRow(row: Row, { seed, quick, out }: Flags, note: (text: string) => void, signal: AbortSignal): Promise<StoredResult> {
  signal.throwIfAborted()
  const folder = join(out, row.name)
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  const startedAtMs = performance.now()
  const count = (full: number, reduced: number) => (quick ? reduced : full)
  const result: RowResult = await row.run({ seed, random: seededRandom(seed), quick, count, folder, note, signal })
  if (result.checks.length === 0) throw new Error(`${row.name} checked nothing`)
  const tookS = Math.round((performance.now() - startedAtMs) / 100) / 10
  return { name: row.name, seed, quick, tookS, holds: result.checks.every(({ holds }) => holds), ...result }
}
