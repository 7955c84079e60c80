import type { WriteStream } from 'node:tty'
import type { Sample } from './results.ts'

const BAR_COLUMNS = 24

/** One line that is written over each second, for a person who watches. */
export function showProgress(
  stream: Pick<WriteStream, 'columns' | 'cursorTo' | 'write' | 'clearLine'>,
  sample: Sample,
  totalS: number,
): void {
  const line = progressLine(sample, totalS)
  stream.cursorTo(0)
  stream.write(line.slice(0, Math.max(20, stream.columns - 1)))
  stream.clearLine(1)
}

/** Stage, time, a bar, and what the last second brought. */
export function progressLine(sample: Sample, totalS: number): string {
  const done = Math.min(1, sample.t / totalS)
  const bar = '#'.repeat(Math.round(done * BAR_COLUMNS)).padEnd(BAR_COLUMNS, '.')
  const turnedAway = [
    sample.refused > 0 ? `refused ${sample.refused}` : '',
    sample.limited > 0 ? `limited ${sample.limited}` : '',
    sample.shed > 0 ? `shed ${sample.shed}` : '',
    sample.failed > 0 ? `FAILED ${sample.failed}` : '',
  ].filter((part) => part !== '')
  const p99 = sample.p99Ms === null ? '-' : `${Math.round(sample.p99Ms)} ms`
  const parts = [`offered ${sample.offered}/s`, `ok ${sample.ok}`, ...turnedAway, `p99 ${p99}`, `in flight ${sample.inFlight}`]
  return `${sample.stage.padEnd(8)} [${bar}] ${Math.round(sample.t)}/${Math.round(totalS)} s  ${parts.join('  ')}`
}
